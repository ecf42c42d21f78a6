"""Read a file of this machine as the function would, without a bucket: `python -m prepare.check`.

It prints one JSON object: `dataset` (as dataset.json), `question` (as question.json) when it is
doubtful how the file is meant, or `error` with message and remedy.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from tunedrop.dataset.examining.question import question_about
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.dataset.readers.record import Table
from tunedrop.documents.dataset import Columns
from tunedrop.errors import TunedropError
from tunedrop.lifecycle.asking import DoubtfulReading
from tunedrop.lifecycle.preparing import Folder
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe
from tunedrop.report.dataset_page import render_dataset_page


class LocalFile:
    """A file of this machine, as `tunedrop.dataset` reads it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name
        self.size = path.stat().st_size

    def open(self) -> BinaryIO:
        """Return a new stream from the first byte."""
        return self._path.open("rb")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how the file is read; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m prepare.check")
    parser.add_argument("file", type=Path)
    parser.add_argument("--recipe", type=Path)
    parser.add_argument("--out", type=Path, help="folder for the split files and dataset.html")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as path:
        out = options.out or Path(path)
        out.mkdir(parents=True, exist_ok=True)
        answer = checked(options.file, options.recipe, out)
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    return 0


def checked(file: Path, recipe_file: Path | None, out: Path) -> dict[str, Any]:
    """Prepare a file and return the dataset, the question or the error.

    Args:
        file: the file to read.
        recipe_file: a recipe.yaml, if there is one.
        out: an existing folder, for the split files and dataset.html.
    """
    try:
        recipe = read_recipe(recipe_file.read_bytes()) if recipe_file else Recipe()
        dataset = prepare_dataset(
            LocalFile(file),
            recipe,
            Folder(out),
            dataset=file.stem,
            run="check",
            source_uri=str(file),
            processes=os.cpu_count() or 1,
            consider=partial(_refuse_doubtful, recipe),
        )
    except DoubtfulReading as doubtful:
        return {"question": doubtful.question}
    except TunedropError as error:
        found = {"message": error.message, "remedy": error.remedy, "problems": error.problems}
        return {"error": found}
    (out / "dataset.html").write_text(render_dataset_page(dataset), encoding="utf-8")
    return {"dataset": dataset}


def _refuse_doubtful(recipe: Recipe, table: Table, columns: Columns) -> None:
    if columns.certainty == "doubtful":
        raise DoubtfulReading(question_about(table, columns, recipe))


if __name__ == "__main__":
    sys.exit(main())
