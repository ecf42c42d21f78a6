"""The emails about an upload that starts no run: a file in no folder, and the same file again."""

from pathlib import PurePosixPath

from tunedrop.documents.characters import visible
from tunedrop.documents.figures import cut, moment
from tunedrop.documents.run import Run
from tunedrop.report import letter
from tunedrop.report.commands import download, move, upload
from tunedrop.report.email import Email, Links, dataset_name
from tunedrop.report.success_email import SUBJECTS

LONGEST_NAME = 120  # Characters of a file's name in a sentence.
RERUN = " --metadata tunedrop-rerun=true"


def misplaced_email(key: str, links: Links) -> Email:
    """Return the email about a file at the top of the bucket.

    Args:
        key: of the file.
        links: `folder` is the URI of the bucket.
    """
    name = cut(visible(key), LONGEST_NAME)
    stem = PurePosixPath(key).stem
    is_recipe = stem.lower() == "recipe"
    dataset = "NAME" if is_recipe else stem
    target = f"{links.folder}datasets/{dataset}/{key}"
    rule = "A recipe belongs beside its data" if is_recipe else "A dataset has a folder of its own"
    begin = (
        f"{name} lies at the top of the bucket, where nothing is read, so no run was started. "
        f"{rule}: datasets/<dataset>/{'recipe.yaml' if is_recipe else '<file>'}."
    )
    return Email(
        letter.subject(f"{name}: it lies in no dataset's folder, nothing was started"),
        letter.body(
            (
                letter.paragraph(begin),
                letter.section(
                    "What to do",
                    letter.paragraph(
                        "Move it, which starts the run; any name of a dataset will do:"
                    ),
                    move(f"{links.folder}{key}", target, links.region),
                ),
            )
        ),
    )


def again_email(run: Run, key: str, links: Links) -> Email:
    """Return the email about an upload with the content and the recipe of a run that exists.

    Args:
        run: that run.
        key: of the upload.
        links: of the run; `source` is the URI of the upload.
    """
    file = cut(visible(key.rpartition("/")[2]), LONGEST_NAME)
    title, story = _state(run)
    begin = (
        f"{file} has the same content and the same recipe as the file of a run that exists, so no "
        f"new run was started. {story}"
    )
    again = "To run the same content once more, upload it with this metadata:"
    target = links.source or f"s3://{run.source.bucket}/{key}"
    return Email(
        letter.subject(f"{dataset_name(run.dataset)}: the same file again; its run {title}"),
        letter.body(
            (
                letter.paragraph(begin),
                letter.section("The run", _facts(run, links)),
                letter.section(
                    "What to do",
                    letter.paragraph(again),
                    upload(file, target, links.region) + RERUN,
                ),
            )
        ),
    )


def _state(run: Run) -> tuple[str, str]:
    """Return what the run does, for the subject and as sentences."""
    if run.status == "asking":
        until = f" until {moment(run.answer_until)}" if run.answer_until else ""
        return "waits for an answer", (
            f"It asks how the file is to be read, and waits for a recipe{until}. The email about "
            "it has a recipe for each reading."
        )
    if run.status == "failed":
        why = run.error.message if run.error else ""
        return "has failed", f"It has failed: {why} The email about it says what to do."
    if run.status == "running":
        return "is running", f"It is in the stage {run.stage}; one email will tell how it ends."
    if run.verdict is None:
        return "was prepared", "Its recipe ended it after the preparation."
    verdict = SUBJECTS.get(run.verdict, run.verdict)
    return f"has ended: {verdict}", f"It has ended: {verdict}."


def _facts(run: Run, links: Links) -> str:
    fetch = download(links.report, links.region) if links.report else None
    return letter.facts(
        (
            ("Run", links.folder),
            ("Status", run.status),
            ("Stage", run.stage if run.status in ("running", "asking") else None),
            ("Started", moment(run.created)),
            ("Ended", moment(run.ended) if run.ended else None),
            ("Browser", links.report_console),
            ("Report", links.report),
            ("Fetch it", fetch),
        )
    )
