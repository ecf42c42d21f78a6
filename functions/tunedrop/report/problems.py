"""The list of what is wrong with the rows, as plain text to be read in an email."""

from collections.abc import Sequence

from tunedrop.documents.figures import count
from tunedrop.errors import Problem
from tunedrop.report import letter

MOST = 10


def problem_list(problems: Sequence[Problem]) -> str:
    """Return the commonest problems, each with an example and what to change."""
    listed, others = problems[:MOST], len(problems) - MOST
    width = max((len(f"{problem.rows:,}") for problem in listed), default=0)
    blocks = [_block(problem, width) for problem in listed]
    if others > 0:
        blocks.append(f"and {count(others, 'other problem')}.")
    return "\n\n".join(blocks)


def _block(problem: Problem, width: int) -> str:
    """Return how many rows, what is wrong with them, and below it the example and the remedy."""
    rows = f"{problem.rows:>{width},} {'row' if problem.rows == 1 else 'rows'}"
    facts = (
        ("Example", f"{problem.place}: {problem.message}"),
        ("It reads", problem.excerpt),
        ("To do", problem.fix),
    )
    lines = [letter.hanging(f"{rows} ", problem.meaning)]
    for name, text in facts:
        if text:
            lines.append(letter.hanging(f"    {name:<8}  ", text, break_words=True))
    return "\n".join(lines)
