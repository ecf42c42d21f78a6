"""Read the rows of the `train` and `validation` channels into Hugging Face datasets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets import Dataset, Features, List, Value
from datasets.exceptions import DatasetGenerationError

from container_folders import ContainerFolders
from tuning.errors import DataError

MESSAGES = List({"role": Value("string"), "content": Value("string")})
ROW = Features({"row": Value("int64"), "prompt": MESSAGES, "completion": MESSAGES})


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
        return Dataset.from_generator(
            _read, features=ROW, cache_dir=str(scratch), gen_kwargs={"files": files}
        )
    except DatasetGenerationError as error:
        cause = error.__cause__ or error
        raise DataError(f"the `{channel}` channel cannot be read: {cause}") from error


def _read(files: list[Path]) -> Iterator[dict[str, Any]]:
    # Not with Dataset.from_json: whatever type is declared, it reads the answer
    # "2024-01-31T10:00:00Z" as a timestamp and writes it back as other text.
    for file in files:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield _row(line, f"{file.name} line {number}")


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        messages = [*row["prompt"], *row["completion"]]
        texts = [text for message in messages for text in (message["role"], message["content"])]
        if type(row["row"]) is int and all(isinstance(text, str) for text in texts):
            return {name: row[name] for name in ROW}
    except (ValueError, TypeError, KeyError):
        pass  # neither JSON nor such a row: both are told below
    raise DataError(f"{where} is not a row of `row`, `prompt` and `completion` messages")
