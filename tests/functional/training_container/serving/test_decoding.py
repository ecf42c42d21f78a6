"""The common beginning of prompts, which is computed once."""

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
def test_common_beginning_leaves_each_prompt_one_token(
    prompts: list[list[int]], shared: list[int]
) -> None:
    assert common_beginning(prompts) == shared
