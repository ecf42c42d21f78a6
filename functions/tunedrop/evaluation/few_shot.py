"""The few-shot baseline: the base model with some training rows as examples in its prompt.

If this does as well as the tuned model, the training was not needed. The examples are chosen once,
by this rule, without looking at any answer: one training row of each label (of the most frequent 8
labels), or 4 training rows where there are no labels; drawn with a fixed seed from the shorter half
of the rows, and as many of them as fit into the model's context beside the longest test row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import median

import msgspec

from tunedrop.documents.answers import Answer
from tunedrop.documents.dataset import LIKELIHOOD_TASKS, Dataset
from tunedrop.documents.rows import Message, Row

MOST_LABELS = 8
EXAMPLES = 4  # Where there are no labels.
RESERVE = 0.5  # Share of the measured bytes a token that is counted on: the server refuses more.
BYTES_A_MESSAGE = 24  # What a chat template adds to a message.
SEED = 17


@dataclass(frozen=True, slots=True)
class FewShot:
    """The examples in the prompt, and the base model's answers to the test rows, in their order."""

    examples: Sequence[Row]
    answers: Sequence[Answer]


def examples_for(
    dataset: Dataset, max_length: int, train: Sequence[Row], test: Sequence[Row]
) -> list[Row]:
    """Return the training rows that are put into the base model's prompt, in their order.

    `max_length` is the longest prompt in tokens that the endpoint takes.

    The list is empty when none fits, when the rows call tools, or when nothing is generated.
    """
    if dataset.task in LIKELIHOOD_TASKS:
        return []
    if any(row.tools for row in (*train, *test)) or not train:
        return []
    sizes = [_size(row) for row in train]
    short = [row for row, size in zip(train, sizes, strict=True) if size <= median(sizes)]
    # A token of a byte tokenizer has at least one byte.
    counted = dataset.tokens.total if dataset.tokens.method == "tokenizer" else 0
    bytes_a_token = max(1.0, RESERVE * sum(sizes) / counted) if counted else 1.0
    room = max_length * bytes_a_token - max(map(_prompt_size, test))
    chosen: list[Row] = []
    for row in _drawn(short, dataset.splits["train"].labels if dataset.labels else {}):
        room -= _size(row)
        if room >= 0:
            chosen.append(row)
    return sorted(chosen, key=lambda row: row.row)


def _drawn(rows: Sequence[Row], labels: dict[str, int]) -> list[Row]:
    random = Random(SEED)  # noqa: S311 - no secret
    if not labels:
        return random.sample(rows, min(EXAMPLES, len(rows)))
    commonest = sorted(labels, key=lambda label: (-labels[label], label))[:MOST_LABELS]
    of_label = [[row for row in rows if row.answer.strip() == label] for label in commonest]
    return [random.choice(found) for found in of_label if found]


def with_examples(row: Row, examples: Sequence[Row]) -> Row:
    """Return a test row whose prompt has the examples as earlier turns, after the system prompt."""
    system = [turn for turn in row.prompt if turn.role == "system"]
    asked = [turn for turn in row.prompt if turn.role != "system"]
    shown: list[Message] = []
    for example in examples:
        shown += [turn for turn in example.prompt if turn.role != "system"]
        shown += [Message("assistant", turn.content) for turn in example.completion]
    return msgspec.structs.replace(row, prompt=[*system, *shown, *asked])


def _size(row: Row) -> int:
    return _prompt_size(row) + sum(_bytes(turn) for turn in row.completion)


def _prompt_size(row: Row) -> int:
    return sum(_bytes(turn) for turn in row.prompt)


def _bytes(turn: Message) -> int:
    return len(turn.text.encode()) + BYTES_A_MESSAGE
