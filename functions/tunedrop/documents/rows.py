"""The lines of train.jsonl, validation.jsonl, test.jsonl and rejected.jsonl.

Each kind of training data has its own line: `Row`, `PreferenceRow`, `JudgedRow` or `TextRow`.
`AnyRow` is the union of them all, for code that reads a line without knowing its kind.
"""

from typing import Any, Literal

import msgspec

from tunedrop.documents.tool_calls import calls_as_text

Role = Literal["system", "user", "assistant", "tool"]


class Turn(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One message of a conversation that consists of text alone."""

    role: Role
    content: str


class Message(Turn, omit_defaults=True, gc=False, forbid_unknown_fields=False):
    """One message of a conversation. The tool fields are OpenAI's; arguments are a JSON string.

    `weight` belongs to an assistant's message: 1 is trained on, 0 is context only. When no message
    of a row has a weight, the recipe's `learn` decides.
    """

    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    weight: int | None = None

    @property
    def text(self) -> str:
        """The content, followed by the tool calls as JSON."""
        if not self.tool_calls:
            return self.content
        calls = calls_as_text(self.tool_calls)
        return f"{self.content}\n{calls}" if self.content else calls


class Row(msgspec.Struct, omit_defaults=True, gc=False):
    """A prompt with its answer, in TRL's prompt/completion form.

    `row` is the 1-based number of the data row in the source file (in JSON Lines: of the line), so
    that every answer in the report can be traced to the dropped file. `tools` are the functions
    that the model may call, in OpenAI's form. `cluster` is in test.jsonl only: the smallest `row`
    of the test rows that belong together (`group_by`, near duplicates, the same prompt). A row
    without it stands alone.
    """

    row: int
    prompt: list[Message]
    completion: list[Message]
    tools: list[dict[str, Any]] | None = None
    cluster: int | None = None

    @property
    def calls(self) -> bool:
        """Whether the answer is a tool call."""
        return bool(self.completion[-1].tool_calls)

    @property
    def answer(self) -> str:
        """The text that the model should produce; for a tool call, the call as JSON."""
        last = self.completion[-1]
        return calls_as_text(last.tool_calls) if last.tool_calls else last.content


class PreferenceRow(msgspec.Struct):
    """A prompt with a better and a worse answer, in TRL's form for DPO."""

    row: int
    prompt: list[Message]
    chosen: list[Message]
    rejected: list[Message]


class JudgedRow(msgspec.Struct):
    """A prompt with one answer and whether it is good, in TRL's form for KTO."""

    row: int
    prompt: list[Message]
    completion: list[Message]
    label: bool


class TextRow(msgspec.Struct):
    """Plain text without an answer, in TRL's form for language modelling."""

    row: int
    text: str


SplitRow = Row | PreferenceRow | JudgedRow | TextRow
"""One line of a split file, whichever kind of data it holds."""


class AnyRow(msgspec.Struct):
    """A line of a split file of any kind; the fields of the other kinds are empty.

    Everything that reads split files without regard to the kind uses this struct. A new kind of
    row adds its fields here and its struct to `SplitRow`.
    """

    prompt: list[Message] = []
    completion: list[Message] = []
    chosen: list[Message] = []
    rejected: list[Message] = []
    label: bool | None = None
    text: str = ""
    tools: list[dict[str, Any]] | None = None
    row: int = 0
    cluster: int | None = None

    @property
    def answers(self) -> list[list[Message]]:
        """The answers that the model reads in training; two for a preference."""
        return [self.chosen, self.rejected] if self.chosen else [self.learned]

    @property
    def learned(self) -> list[Message]:
        """The messages that the model learns to write."""
        return self.completion or self.chosen or [Message("assistant", self.text)]

    @property
    def question(self) -> str:
        """The prompt's text without the system prompt; for plain text, the text itself."""
        asked = [message.content for message in self.prompt if message.role != "system"]
        return "\n".join(asked) or self.learned[0].content


read_row = msgspec.json.Decoder(AnyRow).decode
"""Parse one line of a split file of any kind."""


class Rejected(msgspec.Struct, omit_defaults=True):
    """One line of rejected.jsonl.

    `line` is the 1-based physical line on which the row starts, for formats that have lines;
    `file` names the part of the drop that holds the row, when there are several parts; `content`
    is the row as it was read, cut to 2,000 characters, so that it can be corrected and dropped
    again.
    """

    reason: str
    message: str
    row: int
    file: str | None = None
    line: int | None = None
    column: str | None = None
    fix: str | None = None
    content: str | None = None
