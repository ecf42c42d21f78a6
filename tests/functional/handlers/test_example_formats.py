"""Every example of a format, dropped through the whole prepare stage."""

from pathlib import Path

import msgspec
import pytest

from tests.functional.handlers.conftest import Stack
from tunedrop.dataset.document import Dataset

FORMATS = Path(__file__).parents[3] / "examples" / "formats"
NOT_TRAINABLE = ("handbook.md", "kto.jsonl", "preference.jsonl")


@pytest.mark.parametrize("path", sorted(FORMATS.iterdir()), ids=lambda path: path.name)
def test_given_an_example_when_it_is_dropped_then_every_row_is_accounted_for(
    stack: Stack, path: Path
) -> None:
    key = f"datasets/example/{path.name}"
    stack.drop(key, path.read_bytes())

    folder = stack.prepare(key)["run"]

    splits = {
        name: stack.read(f"{folder}/dataset/{name}.jsonl").count(b"\n")
        for name in ("train", "validation", "test", "rejected")
    }
    assert sum(splits.values()) == (61 if path.name == "handbook.md" else 30)  # paragraphs
    if path.name in NOT_TRAINABLE:
        run = stack.run(folder)
        assert run.error is not None
        assert "training is not built yet" in run.error.message
        return
    document = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    rows = msgspec.to_builtins(document.rows)
    assert rows == {"in": 30, "duplicates": 0, "not_sampled": 0, **splits}
    assert b"30 rows went" in stack.read(f"{folder}/dataset/dataset.html")
