"""Coverage-guided fuzzing of the readers: damaged examples, guided by the code they reach.

    pip install atheris==3.0.0
    python tests/fuzz/fuzz_readers.py -max_total_time=60 examples/formats

A crash is anything but conserved rows or a DatasetError. libFuzzer's options apply; new inputs
that reach new code are kept in the first folder that is named (give a copy of the examples).
"""

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

with atheris.instrument_imports(include=["tunedrop"]):
    from tests.support.pipeline.preparation import MemoryFile, MemorySink
    from tunedrop.dataset.prepare import prepare_dataset
    from tunedrop.errors import DatasetError
    from tunedrop.recipe.schema import Recipe

RECIPE = Recipe()


def try_one(content: bytes) -> None:
    """Prepare the bytes and check that no row is lost."""
    sink = MemorySink()
    try:
        rows = prepare_dataset(
            MemoryFile(content, "data"), RECIPE, sink, dataset="d", run="r", source_uri="s"
        ).rows
    except DatasetError:
        return
    lines = {name: text.count(b"\n") for name, text in sink.files.items()}
    written = sum(lines.values()) + rows.duplicates + rows.not_sampled
    if rows.source != written or lines["rejected.jsonl"] != rows.rejected:
        raise AssertionError(f"{rows} but the files hold {lines}")


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
