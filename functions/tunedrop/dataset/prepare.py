"""From a dropped file to checked, de-duplicated, split rows."""

from tunedrop.dataset.document import Dataset
from tunedrop.dataset.source import Progress, Sink, SourceFile
from tunedrop.recipe import Recipe


def prepare_dataset(
    source: SourceFile,
    recipe: Recipe,
    sink: Sink,
    *,
    dataset: str,
    run: str,
    source_uri: str,
    progress: Progress | None = None,
) -> Dataset:
    """Write train.jsonl, validation.jsonl, test.jsonl and rejected.jsonl, and describe them.

    Args:
        source: the dropped file; read up to twice.
        recipe: columns, shares, limits, seed and system prompt.
        sink: receives the four files; dataset.json is the caller's, to be written last.
        dataset: the dataset's name, for the document.
        run: the run's id, for the document.
        source_uri: where the file came from, for the document.
        progress: told how many bytes are read, of how many.

    Raises:
        DatasetError: the file cannot be read, or leaves no rows to train on; rejected.jsonl
            has been written by then.
    """
    raise NotImplementedError
