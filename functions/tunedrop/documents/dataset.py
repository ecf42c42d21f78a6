"""dataset.json: how the rows were read, checked and split."""

from typing import Literal, get_args

import msgspec

from tunedrop.documents.run import Certainty, CostEstimate

AnswerTask = Literal["classification", "generation", "extraction", "multilabel", "sql"]
"""The tasks whose rows are prompts with one right answer each."""

LikelihoodTask = Literal["preference", "kto", "pretraining"]
"""The tasks whose models are judged by the likelihood that they give to texts."""

Task = Literal[AnswerTask, LikelihoodTask]

ANSWER_TASKS: frozenset[Task] = frozenset(get_args(AnswerTask))
LIKELIHOOD_TASKS: frozenset[Task] = frozenset(get_args(LikelihoodTask))

Technique = Literal["sft", "dpo", "kto", "pretraining"]
"""How a model learns from the rows of a task; training.json names it."""

TECHNIQUES: dict[Task, Technique] = {
    "classification": "sft",
    "generation": "sft",
    "extraction": "sft",
    "multilabel": "sft",
    "sql": "sft",
    "preference": "dpo",
    "kto": "kto",
    "pretraining": "pretraining",
}


class RowCounts(msgspec.Struct, rename={"source": "in"}):
    """How many rows went where; `in` is always the sum of the others."""

    source: int
    train: int
    validation: int
    test: int
    rejected: int
    duplicates: int
    not_sampled: int


class UnusedColumn(msgspec.Struct):
    """A column, or a key of JSON rows, that is not used.

    `example` is the beginning of its first value. `characters` is the mean length of its texts, and
    `is_text` whether it holds running text.
    """

    name: str
    example: str
    characters: int = 0
    is_text: bool = False


class GroupColumn(msgspec.Struct, order=True):
    """The column whose rows with the same value stay in one split.

    `kind` says whose id it looks like; it is empty when the recipe names the column. `told` says
    whether the column decides about the splits, and how the recipe changes it.
    """

    name: str
    kind: str = ""
    certainty: Certainty = "certain"
    told: str = ""


class Columns(msgspec.Struct):
    """How the file's columns became prompt and completion.

    `shape` is the name of the row shape. `mapping` gives the column's name for each role (text,
    label, prompt, completion, …). `why` explains how the mapping was found, and `alternatives` are
    other mappings that would fit, the most likely first. `doubt` says what speaks against a
    doubtful mapping. `template` makes the prompt of several columns, as in the recipe. `group` is
    the column that keeps rows in one split.
    """

    shape: str
    mapping: dict[str, str]
    why: str
    alternatives: list["Columns"] = []
    certainty: Certainty = "certain"
    doubt: str = ""
    template: str | None = None
    unused: list[UnusedColumn] = []
    group: GroupColumn | None = None


class ShownText(msgspec.Struct):
    """One text of an example row; `name` says what it is: system, prompt, answer, label, tools."""

    name: str
    text: str


class ShownRow(msgspec.Struct):
    """A row as the model is trained on it, cut and without secrets, for pages and emails."""

    row: int
    texts: list[ShownText]


class Split(msgspec.Struct):
    """One split file: rows, BLAKE3 of its bytes, and how many rows carry each label.

    `units` counts the independent units of the test rows: groups of rows that belong together, and
    rows that stand alone. `given` says that the drop itself names this split.
    """

    rows: int
    blake3: str
    labels: dict[str, int] = {}
    units: int | None = None
    given: bool = False


class TokenStatistics(msgspec.Struct):
    """Tokens per row (prompt and completion together) in the training split.

    `method` says how they were counted. "characters" is an estimate of 4 characters per token.
    "tokenizer" uses the base model's tokenizer on a random sample of `sample` rows; `error` is then
    half the 95% interval of the total, as a share of it (0 when all rows were counted).
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
    """Where something was found: the data row, its line, its file and an excerpt."""

    row: int
    line: int | None = None
    file: str | None = None
    excerpt: str = ""


class Finding(msgspec.Struct):
    """Something that a check found: what it means, in how many rows, and the first places."""

    check: str
    rows: int
    meaning: str
    places: list[Place] = []


class Power(msgspec.Struct):
    """What the test rows can show: differences in points of the metric, 0 to 1.

    `smallest_detectable` is the true difference that is found in 80 of 100 evaluations;
    `smallest_if_alike` the same if all rows of a group are right or wrong together, None when no
    rows belong together.
    """

    smallest_detectable: float
    smallest_if_alike: float | None
    sentence: str


class Dataset(msgspec.Struct):
    """dataset.json. It is written last, because its arrival starts the training job.

    `learns` says in one line what is learnt from which columns, and how to change it. `examples`
    are the first training rows. `estimate` is None when the base model is not in the bucket or the
    instance has no known price.
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
    power: Power | None = None
    learns: str = ""
    examples: list[ShownRow] = []
