"""dataset.json: how the rows were read, checked and split, for the later stages and for people."""

from typing import Literal

import msgspec

from tunedrop.documents.run import CostEstimate

Task = Literal["classification", "generation", "preference", "kto", "pretraining"]

TRAINABLE: frozenset[Task] = frozenset({"classification", "generation"})
"""What the training container can learn from; rows of the other tasks are prepared and refused."""


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
