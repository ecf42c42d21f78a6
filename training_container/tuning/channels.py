"""Read the lines of a channel's split file into a Hugging Face dataset.

What a line must hold differs by training technique: each technique gives its own `parse`.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from datasets import Dataset, Features
from datasets.exceptions import DatasetGenerationError

from container_folders import ContainerFolders
from tuning.errors import DataError

Parse = Callable[[Any], dict[str, Any]]
"""Turns the parsed JSON of a line into a row. It raises ValueError, TypeError, KeyError or
AttributeError when the line is not such a row."""


def load_channel(  # noqa: PLR0913  the channel, and what a line becomes
    folders: ContainerFolders,
    channel: str,
    *,
    parse: Parse,
    features: Features,
    described: str,
    scratch: Path,
) -> Dataset:
    """Load every .jsonl file of a channel.

    Args:
        folders: the container's folders.
        channel: the channel's name.
        parse: makes a row of a line.
        features: the columns of a row.
        described: what a line must be, for the error message.
        scratch: a folder for the memory-mapped copy.

    Raises:
        DataError: the channel has no file or no rows, or a line that `parse` refuses.
    """
    files = sorted(folders.channel(channel).glob("*.jsonl"))
    if not files:
        raise DataError(f"the `{channel}` channel has no .jsonl file: give the job its split file")
    if not any(file.stat().st_size for file in files):
        raise DataError(
            f"the `{channel}` channel has no rows: {files[0].name} is empty; drop a dataset with "
            "more rows"
        )
    arguments = {"files": files, "parse": parse, "described": described}
    try:
        return Dataset.from_generator(
            _read, features=features, cache_dir=str(scratch), gen_kwargs=arguments
        )
    except DatasetGenerationError as error:
        cause = error.__cause__ or error
        raise DataError(f"the `{channel}` channel cannot be read: {cause}") from error


def _read(files: list[Path], parse: Parse, described: str) -> Iterator[dict[str, Any]]:
    # Dataset.from_json is not used: whatever type is declared, it reads the answer
    # "2024-01-31T10:00:00Z" as a timestamp and writes it back as another text.
    for file in files:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    row = parse(json.loads(line))
                except (ValueError, TypeError, KeyError, AttributeError):
                    raise DataError(f"{file.name} line {number} is not {described}") from None
                yield row


def is_message(message: dict[str, Any]) -> bool:
    """Return whether a message has its two texts, and JSON arguments in its tool calls.

    It may raise what a `Parse` may raise.
    """
    for call in message.get("tool_calls") or ():
        if not isinstance(call["function"]["name"], str):
            return False
        json.loads(call["function"]["arguments"])
    return isinstance(message["role"], str) and isinstance(message["content"], str)
