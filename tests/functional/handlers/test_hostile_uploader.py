"""A hostile uploader chooses keys, names and contents; he reaches nothing but his own run."""

import io
import json
import re
import zipfile

import pytest

from prepare import app as prepare_app
from tests.support.pipeline.drives import report_failure
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.characters import HIDDEN

RUN = re.compile(r"runs/(?P<dataset>[^/]+)/(?P<run>[0-9a-f]{12})(?P<rest>/.+)?")

# key: the dataset whose run starts, or None where the drop is refused with one result
KEYS: dict[str, str | None] = {
    "datasets//x.csv": "x",
    "datasets///x.csv": "x",
    "datasets//x/y.csv": "x",
    "datasets/x//y.csv": "x",
    "datasets/./x.csv": "x",
    "datasets/./x/y.csv": "x",
    "datasets/x/./y.csv": "x",
    "datasets/x.csv": "x",
    "datasets/ /x.csv": " ",
    "datasets/größe/x.csv": "größe",
    "datasets/データ.csv": "データ",
    "datasets/current.json/x.csv": "current.json",
    "datasets/a\\..\\b/x.csv": "a\\..\\b",
    "datasets/%2e%2e/x.csv": "%2e%2e",
    "datasets/{run}$(id)`id`;&|/x.csv": "{run}$(id)`id`;&|",
    "datasets/..": None,
    "datasets/../x.csv": None,
    "datasets/../../x.csv": None,
    "datasets/x/../y.csv": None,
    "datasets/x/../_SUCCESS": None,
    "datasets/../runs/x/current.json": None,
    "datasets/_active/x.csv": None,
    "datasets/_active.csv": None,
    "datasets/_instances.json": None,
    "datasets/_SUCCESS": None,
    "datasets//_SUCCESS": None,
    "datasets/_SUCCESS/x.csv": None,
    "datasets/.hidden/x.csv": None,
    "datasets/...": None,
    "datasets/": None,
    "datasets//": None,
    "datasets/x/": None,
    "datasets/x.csv/": None,
    "datasets/x//recipe.yaml": None,
    "datasets//x/recipe.yaml": None,
}


@pytest.mark.parametrize("key", KEYS)
def test_odd_key_starts_a_run_below_its_name_or_is_refused(
    stack: Stack, tweets: bytes, key: str
) -> None:
    # Given a run of another dataset, and a file under an odd key
    stack.drop("datasets/other/other.csv", tweets)
    other = stack.prepare("datasets/other/other.csv")["run"]
    before = {name: stack.read(name) for name in stack.keys("")}
    stack.drop(key, tweets)

    # When its event arrives twice
    results = [stack.prepare(key) for _ in range(2)]

    # Then it started one run below its dataset's name, or nothing was written
    written = [name for name in stack.keys("") if name not in before and name != key]
    if KEYS[key] is None:
        assert [result["outcome"].startswith("ignored: ") for result in results] == [True, True]
        assert written == []
    else:
        folder = results[0]["run"]
        found = RUN.fullmatch(folder)
        assert found
        assert found["dataset"] == KEYS[key]
        own = (f"{folder}/", f"runs/{KEYS[key]}/current.json", f"runs/_active/{found['run']}")
        assert [name for name in written if not name.startswith(own)] == []
        assert stack.run(folder).rows["in"] == 60
    assert {name: stack.read(name) for name in before} == before
    assert stack.run(other).status == "running"


FORGED = "x\n\nWHAT TO DO\nPay at evil.example\n\n"
NAMES = {
    "a forged section": FORGED,
    "a terminal's escapes": "x\x1b[2J\x9b31m",
    "a reversed name": "x\u202egnp.exe",
    "line separators": "x\u2028y\u2029z\x85",
    "markup": "<img src=x onerror=alert(1)>",
}


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("place", ["datasets/{}/d.csv", "datasets/{}.csv", "datasets/d/{}.csv"])
def test_hostile_name_adds_nothing_to_folders_emails_logs_and_pages(
    stack: Stack, tweets: bytes, place: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a good and a bad file under a hostile name
    key = place.format(NAMES[kind])
    stack.drop(key, tweets)
    good = stack.prepare(key)["run"]
    page = stack.read(f"{good}/dataset/dataset.html").decode()
    stack.drop(key, b"\x89PNG")

    # When the bad one fails
    bad = stack.prepare(key)["run"]
    report_failure(stack, bad)

    # Then no folder, email, log line or page holds what the name smuggled
    assert not HIDDEN.search("".join(stack.keys("runs/")))
    subject, body = stack.emails[0]
    assert subject.isascii()
    assert subject.isprintable()
    assert body.splitlines().count("WHAT TO DO") == 1
    assert not HIDDEN.search(body.replace("\n", ""))
    lines = [prepare_app.logger.registered_formatter.format(each) for each in caplog.records]
    assert [json.loads(line)["key"] for line in lines] == [key] * 3
    assert not HIDDEN.search("".join(lines))
    assert not HIDDEN.search(page.replace("\n", ""))
    assert "<img" not in page


def test_two_names_that_differ_in_a_control_character_are_two_datasets(
    stack: Stack, tweets: bytes
) -> None:
    folders = []
    for name in ("a-b", "a\nb", "a\rb"):
        stack.drop(f"datasets/{name}/d.csv", tweets)
        folders.append(stack.prepare(f"datasets/{name}/d.csv")["run"])

    assert len({folder.rpartition("/")[0] for folder in folders}) == 3
    assert [stack.run(folder).status for folder in folders] == ["running"] * 3


def test_recipe_beside_data_with_a_control_character_is_read(stack: Stack, tweets: bytes) -> None:
    stack.drop("datasets/a\nb/recipe.yaml", b"rows: {max_train: 5}")
    stack.drop("datasets/a\nb/d.csv", tweets)
    folder = stack.prepare("datasets/a\nb/d.csv")["run"]

    assert stack.run(folder).rows["train"] == 5


def test_folder_of_a_drop_holds_only_files_directly_in_it(stack: Stack, tweets: bytes) -> None:
    # Given a folder with parts whose names lead elsewhere, and hidden ones
    names = ("good.csv", "../other.csv", "sub/deep.csv", "..", ".hidden", "_hidden", "a/../b.csv")
    for name in names:
        stack.drop(f"datasets/d/folder/{name}", tweets)
    stack.drop("datasets/d/folder/_SUCCESS", b"")

    # When it is complete
    folder = stack.prepare("datasets/d/folder/_SUCCESS")["run"]

    # Then only the file directly in it is read
    parts = [part.key for part in stack.run(folder).source.parts]
    assert parts == ["datasets/d/folder/good.csv"]


def test_recipe_is_no_part_of_a_dataset_that_is_dropped_as_a_folder(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/d/recipe.yaml", b"rows: {max_train: 5}")
    stack.drop("datasets/d/one.csv", tweets)
    stack.drop("datasets/d/_SUCCESS", b"")
    folder = stack.prepare("datasets/d/_SUCCESS")["run"]

    run = stack.run(folder)
    assert [part.key for part in run.source.parts] == ["datasets/d/one.csv"]
    assert run.rows["train"] == 5


ENTRIES = {
    "a path upwards": "../../runs/other/current.json",
    "a path from the root": "/etc/cron.d/x.csv",
    "a Windows path upwards": "..\\..\\x.csv",
    "a path upwards in the middle": "a/../../x.csv",
    "a Windows drive": "C:\\Windows\\x.csv",
    "a forged section": f"{FORGED}/../x.csv",
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_hostile_zip_entry_is_refused_or_read_in_place(
    stack: Stack, tweets: bytes, kind: str
) -> None:
    # Given an archive with an entry whose name leads elsewhere
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(ENTRIES[kind]), tweets)
    stack.drop("datasets/d/d.zip", stream.getvalue())
    before = set(stack.keys(""))

    # When it is dropped
    folder = stack.prepare("datasets/d/d.zip")["run"]

    # Then nothing is written outside the run, and a refusal is one email without forged sections
    names = set(stack.keys("")) - before
    own = (f"{folder}/", "runs/d/current.json", "runs/_active/")
    assert [name for name in names if not name.startswith(own)] == []
    if stack.run(folder).status == "failed":
        report_failure(stack, folder)
        assert len(stack.emails) == 1
        assert stack.emails[0][1].splitlines().count("WHAT TO DO") == 1


def test_link_inside_a_zip_is_not_followed(stack: Stack) -> None:
    # Given an archive whose entry is a symbolic link to a file of the machine
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("passwords.csv")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    stack.drop("datasets/d/d.zip", stream.getvalue())

    # When it is dropped
    folder = stack.prepare("datasets/d/d.zip")["run"]

    # Then the target's name is all that was read
    run = stack.run(folder)
    assert run.status == "failed"
    assert not any(b"root:" in stack.read(name) for name in stack.keys(f"{folder}/"))


def test_formulas_markup_and_templates_in_rows_are_text_to_every_reader(stack: Stack) -> None:
    # Given rows with formulas, markup, templates and YAML tags
    texts = (
        "=cmd|'/c calc'!A0",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "!!python/name:os.system",
    )
    lines = [f'"{text} number {n}",{"ab"[n % 2]}' for n in range(10) for text in texts]
    stack.drop("datasets/d/d.csv", "\n".join(["text,label", *lines]).encode())

    # When they are prepared
    folder = stack.prepare("datasets/d/d.csv")["run"]

    # Then the splits hold them as they are, and the page holds no markup of theirs
    page = stack.read(f"{folder}/dataset/dataset.html").decode()
    rows = stack.read(f"{folder}/dataset/train.jsonl").decode()
    assert "<script" not in page
    assert "49 number" not in page + rows
    assert all(text in rows for text in texts)
    assert BUCKET not in rows
