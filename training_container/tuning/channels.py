"""Read the rows of the `train` and `validation` channels with Hugging Face datasets."""

from pathlib import Path

from datasets import Dataset, Features, List, Value
from datasets.exceptions import DatasetGenerationError

from container_folders import ContainerFolders
from tuning.errors import DataError

MESSAGES = List({"role": Value("string"), "content": Value("string")})
ROW = Features({"row": Value("int64"), "prompt": MESSAGES, "completion": MESSAGES})
"""Declared, not inferred: inference would turn answers such as "2024-01-31" into timestamps."""


def load_rows(folders: ContainerFolders, channel: str, *, scratch: Path) -> Dataset:
    """Load every .jsonl file of a channel; `scratch` takes the memory-mapped copy.

    Raises:
        DataError: when the channel has no file, no rows, or a line that is not such a row.
    """
    files = sorted(folders.channel(channel).glob("*.jsonl"))
    if not files:
        raise DataError(f"the `{channel}` channel has no .jsonl file: give the job its split file")
    if not any(file.stat().st_size for file in files):
        raise DataError(f"the `{channel}` channel has no rows: {files[0].name} is empty")
    try:
        return Dataset.from_json(
            [str(file) for file in files], features=ROW, cache_dir=str(scratch)
        )
    except DatasetGenerationError as error:
        cause = str(error.__cause__ or error).splitlines()[0]
        raise DataError(
            f"the `{channel}` channel cannot be read as rows of row, prompt and completion: {cause}"
        ) from error
