"""Example files damaged at random give conserved rows or one DatasetError, and never a crash."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.pipeline.preparation import MemoryFile, MemorySink
from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.errors import DatasetError
from tunedrop.recipe.schema import Recipe

FORMATS = Path(__file__).parents[3] / "examples" / "formats"
EXAMPLES = sorted(FORMATS.iterdir())

damage = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=4
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(EXAMPLES), damage)
def test_a_damaged_file_loses_no_row_or_is_refused(
    path: Path, wounds: list[tuple[float, int, bytes]]
) -> None:
    # Given
    content = path.read_bytes()
    for where, removed, inserted in wounds:
        at = int(where * len(content))
        content = content[:at] + inserted + content[at + removed :]
    sink = MemorySink()

    # When
    try:
        rows = prepare_dataset(
            MemoryFile(content, path.name), Recipe(), sink, dataset="d", run="r", source_uri="s"
        ).rows
    except DatasetError:
        return  # A damaged file may be refused.

    # Then
    lines = {name: text.count(b"\n") for name, text in sink.files.items()}
    assert rows.source == sum(lines.values()) + rows.duplicates + rows.not_sampled
    assert lines["rejected.jsonl"] == rows.rejected
