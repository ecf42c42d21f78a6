"""dataset.json and the rows of the split files: what `prepare` promises to the later stages."""

from typing import Any, Literal

import msgspec

from tunedrop.dataset.tool_calls import calls_as_text
from tunedrop.run import CostEstimate

Task = Literal["classification", "generation", "preference", "kto", "pretraining"]
Role = Literal["system", "user", "assistant", "tool"]

TRAINABLE: frozenset[Task] = frozenset({"classification", "generation"})
"""What the training container can learn from; rows of the other tasks are prepared and refused."""


class Turn(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One turn of a conversation that is nothing but text."""

    role: Role
    content: str


class Message(Turn, omit_defaults=True, gc=False, forbid_unknown_fields=False):
    """One turn of a conversation; the tool fields are OpenAI's, arguments as a JSON string.

    `weight` is that of an assistant's message: 1 is learnt, 0 is context only. Where no message
    of a row has one, the completion alone is learnt.
    """

    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    weight: int | None = None

    @property
    def text(self) -> str:
        """What is said, with the calls as JSON after it."""
        if not self.tool_calls:
            return self.content
        calls = calls_as_text(self.tool_calls)
        return f"{self.content}\n{calls}" if self.content else calls


class Row(msgspec.Struct, omit_defaults=True, gc=False):
    """One line of train.jsonl, validation.jsonl or test.jsonl; TRL's prompt/completion form.

    `row` is the 1-based data row in the source file (in JSON Lines the line), so that every answer
    in the report leads back to what was dropped. `tools` are the functions that may be called, in
    OpenAI's form.
    """

    row: int
    prompt: list[Message]
    completion: list[Message]
    tools: list[dict[str, Any]] | None = None

    @property
    def calls(self) -> bool:
        """Whether the answer is a call of tools."""
        return bool(self.completion[-1].tool_calls)

    @property
    def answer(self) -> str:
        """The text the model is to produce; of a tool call, the call as JSON."""
        last = self.completion[-1]
        return calls_as_text(last.tool_calls) if last.tool_calls else last.content


class PreferenceRow(msgspec.Struct):
    """One line of a split file with two answers; TRL's form for DPO."""

    row: int
    prompt: list[Message]
    chosen: list[Message]
    rejected: list[Message]


class JudgedRow(msgspec.Struct):
    """One line of a split file with a judged answer; TRL's form for KTO."""

    row: int
    prompt: list[Message]
    completion: list[Message]
    label: bool


class TextRow(msgspec.Struct):
    """One line of a split file of running text; TRL's language modelling form."""

    row: int
    text: str


class Rejected(msgspec.Struct, omit_defaults=True):
    """One line of rejected.jsonl.

    `line` is the 1-based physical line where the row starts, when the format has lines; `file`
    is the part of the drop it stands in, when there are several;
    `content` is the row as it was read (cut to 2,000 characters), so that it can be corrected
    and dropped again.
    """

    reason: str
    message: str
    row: int
    file: str | None = None
    line: int | None = None
    column: str | None = None
    fix: str | None = None
    content: str | None = None


class RowCounts(msgspec.Struct, rename={"source": "in"}):
    """Where every row went: `in` is the sum of the others, for any input."""

    source: int
    train: int
    validation: int
    test: int
    rejected: int
    duplicates: int
    not_sampled: int


class Columns(msgspec.Struct):
    """How the file's columns became prompt and completion.

    `shape` is the name of the row shape; `mapping` leads from role (text, label, prompt,
    completion, …) to the column's name; `why` says in words how it was found; `alternatives`
    are other mappings that would have fitted.
    """

    shape: str
    mapping: dict[str, str]
    why: str
    alternatives: list[str] = []


class Split(msgspec.Struct):
    """One split file: rows, BLAKE3 of its bytes, and how many rows carry each label."""

    rows: int
    blake3: str
    labels: dict[str, int] = {}


class TokenStatistics(msgspec.Struct):
    """Tokens a row (prompt and completion together), over the training split.

    `method` says how they were counted: "characters" is an estimate at 4 characters a token,
    "tokenizer" the rate that the base model's tokenizer had on `sample` rows, drawn at random;
    `error` is then half the 95% interval of the total, as a share of it (0: all were counted).
    """

    method: Literal["characters", "tokenizer"]
    total: int
    mean: float
    median: int
    p95: int
    longest: int
    sample: int = 0
    error: float | None = None


class Place(msgspec.Struct, omit_defaults=True):
    """Where something was found: the data row, its line and file, and a few words of it."""

    row: int
    line: int | None = None
    file: str | None = None
    excerpt: str = ""


class Finding(msgspec.Struct):
    """Something that the uploader should know: what, in how many rows, and the first places."""

    check: str
    rows: int
    meaning: str
    places: list[Place] = []


class Dataset(msgspec.Struct):
    """dataset.json, written last: its arrival starts the training job.

    `estimate` is None while the base model is not in the bucket or its instance has no price.
    """

    version: int
    dataset: str
    run: str
    source: str
    format: str
    task: Task
    columns: Columns
    rows: RowCounts
    rejected_reasons: dict[str, int]
    labels: list[str]
    system: str | None
    splits: dict[str, Split]
    tokens: TokenStatistics
    warnings: list[str]
    findings: list[Finding] = []
    languages: dict[str, int] = {}
    estimate: CostEstimate | None = None
