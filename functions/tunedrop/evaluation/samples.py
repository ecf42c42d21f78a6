"""Example rows for the report, drawn at random so that they are not selected by their quality."""

from collections.abc import Callable, Sequence
from random import Random

from tunedrop.documents.answers import Answers
from tunedrop.documents.figures import cut
from tunedrop.documents.report import Sample
from tunedrop.documents.rows import Message, Row

SAMPLES = 4
MAX_CHARACTERS = 1_200
SEED = 17


def draw(
    rows: Sequence[Row], answers: Answers, gaps: Sequence[float], wanted: Callable[[float], bool]
) -> list[Sample]:
    """Return up to `SAMPLES` rows whose gap (tuned minus base score) is `wanted`, in row order."""
    fitting = [index for index, gap in enumerate(gaps) if wanted(gap)]
    drawn = Random(SEED).sample(fitting, min(SAMPLES, len(fitting)))  # noqa: S311 - no secret
    return [
        Sample(
            row=rows[index].row,
            prompt=cut(_question(rows[index].prompt), MAX_CHARACTERS),
            expected=cut(rows[index].answer, MAX_CHARACTERS),
            base=cut(answers.base[index].text, MAX_CHARACTERS),
            tuned=cut(answers.tuned[index].text, MAX_CHARACTERS),
        )
        for index in sorted(drawn)
    ]


def _question(prompt: Sequence[Message]) -> str:
    """Return the messages without the system prompt, which is the same in every row."""
    turns = [turn for turn in prompt if turn.role != "system"]
    if len(turns) == 1:
        return turns[0].text
    return "\n\n".join(f"{turn.role}: {turn.text}" for turn in turns)
