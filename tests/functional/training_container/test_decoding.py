"""What prompts have in common is read once, and changes no answer."""

import pytest

from serving.decoding import WORTH_SHARING, common_beginning

INSTRUCTIONS = list(range(100, 120))


@pytest.mark.parametrize(
    ("prompts", "shared"),
    [
        ([[*INSTRUCTIONS, 1, 2], [*INSTRUCTIONS, 3]], INSTRUCTIONS),
        ([[*INSTRUCTIONS, 1, 2], INSTRUCTIONS], INSTRUCTIONS[:-1]),
        ([INSTRUCTIONS, INSTRUCTIONS], INSTRUCTIONS[:-1]),
        ([INSTRUCTIONS], []),
        ([INSTRUCTIONS, [1, *INSTRUCTIONS]], []),
        ([[*INSTRUCTIONS[: WORTH_SHARING - 1], 1], [*INSTRUCTIONS[: WORTH_SHARING - 1], 2]], []),
    ],
)
def test_every_prompt_keeps_a_token_of_its_own(prompts: list[list[int]], shared: list[int]) -> None:
    assert common_beginning(prompts) == shared
