"""Read the rows of the `train` and `validation` channels into Hugging Face datasets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets import Dataset, Features, Value
from datasets.exceptions import DatasetGenerationError

from container_folders import ContainerFolders
from tool_calls import Message
from tuning.chat_tokenizer import Tools
from tuning.errors import DataError

PARTS = ("prompt", "completion", "tools")
"""What a row is made of, each kept as JSON text: calls and tools differ from row to row, and a
column has one type."""

ROW = Features({"row": Value("int64"), **dict.fromkeys(PARTS, Value("string"))})


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


def parts_of(row: dict[str, Any]) -> tuple[list[Message], list[Message], Tools]:
    """Return prompt, completion and tools of a loaded row."""
    prompt, completion, tools = (json.loads(row[name]) for name in PARTS)
    return prompt, completion, tools


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        messages = [*row["prompt"], *row["completion"]]
        if type(row["row"]) is int and all(map(_is_message, messages)) and row["completion"]:
            texts = {name: json.dumps(row.get(name), ensure_ascii=False) for name in PARTS}
            return {"row": row["row"], **texts}
    except (ValueError, TypeError, KeyError, AttributeError):
        pass  # neither JSON nor such a row: both are told below
    raise DataError(f"{where} is not a row of `row`, `prompt` and `completion` messages")


def _is_message(message: dict[str, Any]) -> bool:
    """Whether it has its two texts, and calls whose arguments are JSON."""
    for call in message.get("tool_calls") or ():
        if not isinstance(call["function"]["name"], str):
            return False
        json.loads(call["function"]["arguments"])
    return isinstance(message["role"], str) and isinstance(message["content"], str)
