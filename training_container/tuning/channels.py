"""Read the lines of a channel's split file into a Hugging Face dataset.

What a line must hold differs by training technique: each technique gives its own `RowFormat`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset, Features, Value
from datasets.exceptions import DatasetGenerationError

from container_folders import ContainerFolders
from tuning.errors import DataError

Parse = Callable[[Any], dict[str, Any]]
"""Turns the parsed JSON of a line into a row. It raises ValueError, TypeError, KeyError or
AttributeError when the line is not such a row."""


@dataclass(frozen=True, slots=True)
class RowFormat:
    """What the lines of a technique's split files become.

    Attributes:
        parse: makes a row of a line.
        features: the columns of a row.
        described: what a line must be, for the error message.
    """

    parse: Parse
    features: Features
    described: str


def message_rows(
    *answers: str, described: str, texts: tuple[str, ...] = (), flags: tuple[str, ...] = ()
) -> RowFormat:
    """Return the format of rows with a number (`row`), a prompt and answers, which are messages.

    Prompt, answers and `texts` become JSON text, because a column has one type, and tools and the
    arguments of tool calls differ from row to row.

    Args:
        answers: the columns with the answers; none may be empty.
        described: what a line must be.
        texts: further columns of any JSON, null where a line has none.
        flags: further columns that are true or false.
    """
    columns = ("prompt", *answers, *texts)

    def parse(line: Any) -> dict[str, Any]:
        messages = [*line["prompt"], *(turn for name in answers for turn in line[name])]
        typed = type(line["row"]) is int and all(type(line[name]) is bool for name in flags)
        if not typed or not all(line[name] for name in answers):
            raise ValueError
        if not all(map(is_message, messages)):
            raise ValueError
        kept = {name: json.dumps(line.get(name), ensure_ascii=False) for name in columns}
        return {"row": line["row"], **kept, **{name: line[name] for name in flags}}

    features = {"row": Value("int64"), **dict.fromkeys(columns, Value("string"))}
    return RowFormat(
        parse, Features({**features, **dict.fromkeys(flags, Value("bool"))}), described
    )


def load_channel(
    folders: ContainerFolders, channel: str, row_format: RowFormat, *, scratch: Path
) -> Dataset:
    """Load every .jsonl file of a channel.

    Args:
        folders: the container's folders.
        channel: the channel's name.
        row_format: what a line becomes.
        scratch: a folder for the memory-mapped copy.

    Raises:
        DataError: the channel has no file or no rows, or a line that the format refuses.
    """
    files = sorted(folders.channel(channel).glob("*.jsonl"))
    if not files:
        raise DataError(f"the `{channel}` channel has no .jsonl file: give the job its split file")
    if not any(file.stat().st_size for file in files):
        raise DataError(
            f"the `{channel}` channel has no rows: {files[0].name} is empty; drop a dataset with "
            "more rows"
        )
    arguments = {"files": files, "parse": row_format.parse, "described": row_format.described}
    try:
        return Dataset.from_generator(
            _read, features=row_format.features, cache_dir=str(scratch), gen_kwargs=arguments
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
