"""The emails before any training: the question about a doubtful file, and the end on purpose."""

from tunedrop.documents.dataset import Dataset, ShownRow, UnusedColumn
from tunedrop.documents.figures import count, cut, minutes, moment, usd
from tunedrop.documents.question import Question, Reading
from tunedrop.documents.run import Run
from tunedrop.report import letter
from tunedrop.report.commands import upload
from tunedrop.report.email import Email, Links, dataset_name, guess, learnt

LONGEST_TEXT = 240  # Characters of a text of an example row.
MOST_UNUSED = 12  # Unused columns that an email lists.
RECIPE = "recipe.yaml"
FREE = "Nothing is trained and nothing costs money until then."


def question_email(run: Run, question: Question, links: Links) -> Email:
    """Return the email that asks how a file is to be read, with a recipe for each reading."""
    file = run.source.key.rpartition("/")[2]
    until = moment(run.answer_until or "")
    begin = (
        f"It is not clear how {file} is to be read: {question.doubt} Choose one of "
        f"{count(len(question.readings), 'reading')} with a recipe. {FREE} The run waits until "
        f"{until}."
    )
    return Email(
        letter.subject(f"{dataset_name(run.dataset)}: how is {file} to be read?"),
        letter.body(
            (
                letter.paragraph(begin),
                *(_reading(at, each) for at, each in enumerate(question.readings, 1)),
                letter.section("Not used by reading 1", _unused(question.unused)),
                letter.section("What to do", _how_to_answer(run, links)),
                _where(run, links),
            )
        ),
    )


def prepared_email(run: Run, dataset: Dataset, links: Links) -> Email:
    """Return the email of a run that its recipe ends after the preparation."""
    rows = dataset.rows
    begin = (
        f"{run.source.key.rpartition('/')[2]} is prepared: {count(rows.train, 'row')} to train on, "
        f"{count(rows.test, 'row')} to test on. The recipe says stop_after: prepare, so nothing is "
        "trained and nothing costs money."
    )
    again = (
        "To train on these rows, take stop_after out of recipe.yaml and drop it again; that starts "
        "a new run of the same file:"
    )
    command = upload(RECIPE, links.recipe, links.region) if links.recipe else ""
    counted = letter.facts(
        (name.replace("_", " "), f"{number:,}") for name, number in run.rows.items() if number
    )
    return Email(
        letter.subject(
            f"{dataset_name(run.dataset)}: prepared, {count(rows.train, 'row')} to train on, "
            "nothing trained"
        ),
        letter.body(
            (
                letter.paragraph(begin),
                guess(dataset.learns, dataset.columns.certainty)
                or learnt(dataset.learns, dataset.columns.certainty),
                letter.section("Where the rows went", counted),
                letter.section("Rows as they would be trained", _rows(dataset.examples)),
                letter.section("Not used", _unused(dataset.columns.unused)),
                letter.section("Read with care", letter.bullets(dataset.warnings)),
                letter.section("What the training would cost", _price(dataset)),
                letter.section("What to do", letter.paragraph(again), command),
                _where(run, links),
            )
        ),
    )


def _reading(at: int, reading: Reading) -> str:
    """Return one reading: what it learns, its rows, and the recipe that chooses it."""
    return letter.section(
        f"Reading {at}",
        letter.paragraph(f"It learns {reading.learns}. {reading.why}"),
        f"\n{_rows(reading.rows)}\n",
        f"{RECIPE} for reading {at}:\n",
        reading.recipe,
    )


def _rows(rows: list[ShownRow]) -> str:
    return "\n".join(
        letter.hanging(
            f"{f'row {row.row}' if at == 0 else '':<8}  {each.name:<8}  ",
            cut(" ".join(each.text.split()), LONGEST_TEXT),
            break_words=True,
        )
        for row in rows
        for at, each in enumerate(row.texts)
    )


def _unused(columns: list[UnusedColumn]) -> str:
    lines = [f"{each.name}: {each.example}" for each in columns[:MOST_UNUSED]]
    if len(columns) > MOST_UNUSED:
        lines.append(f"and {len(columns) - MOST_UNUSED} more")
    return letter.bullets(lines)


def _how_to_answer(run: Run, links: Links) -> str:
    text = (
        "Write the lines of the right reading into recipe.yaml, or add them to the recipe.yaml "
        "that the dataset already has, and drop it. That starts the run:"
    )
    other = (
        "If no reading is right, name other columns there, or make the prompt of several with "
        "`template`. If nobody answers, the run ends"
    )
    until = f"{other} on {moment(run.answer_until)}." if run.answer_until else f"{other}."
    command = upload(RECIPE, links.recipe, links.region) if links.recipe else ""
    return "\n".join((letter.paragraph(text), command, letter.paragraph(until)))


def _price(dataset: Dataset) -> str:
    found = dataset.estimate
    if found is None:
        return "Not known: the base model is not in the bucket, or its instance has no known price."
    return letter.paragraph(
        f"{usd(found.low_usd)} to {usd(found.high_usd)} and {minutes(found.low_hours)} to "
        f"{minutes(found.high_hours)} on {found.instance}, an estimate. {found.basis}"
    )


def _where(run: Run, links: Links) -> str:
    return letter.section(
        "Where to look",
        letter.facts(
            (
                ("File", f"s3://{run.source.bucket}/{run.source.key}"),
                ("Dropped", moment(run.source.modified)),
                ("Run", links.folder),
            )
        ),
    )
