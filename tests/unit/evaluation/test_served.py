"""The comparison of the endpoint's likelihoods with those that the training job recorded."""

import pytest

from tests.support.builders.references import likelihoods_of, reference_for
from tunedrop.documents.answers import TokenLikelihood
from tunedrop.documents.rows import Message, Row
from tunedrop.errors import EvaluationError
from tunedrop.evaluation.served import TOLERANCES, compare
from tunedrop.jobs.chat import likelihood_request

ROWS = [
    Row(number, [Message("user", text)], [Message("assistant", "yes")])
    for number, text in enumerate(("a good film", "a bad hotel"), start=7)
]
Scored = list[list[TokenLikelihood]]


def served(model: str, shift: float = 0.0) -> Scored:
    """Return the tokens of both rows with a model's likelihoods, changed by `shift`."""
    requests = [likelihood_request(model, [*row.prompt, *row.completion]) for row in ROWS]
    return [
        [each._replace(logprob=(each.logprob or 0.0) + shift) for each in likelihoods_of(request)]
        for request in requests
    ]


def compared(
    *, base: float = 0.0, tuned: float = 0.0, model: str = "tuned", precision: str = "float32"
) -> tuple[float, float, bool]:
    """Return both differences, and whether the check tells adapters apart."""
    reference = reference_for(ROWS, precision)
    check = compare(reference, served("base", base), served(model, tuned))
    return check.difference, check.answer_difference, check.tells_adapters_apart


@pytest.mark.parametrize("precision", TOLERANCES)
def test_likelihoods_within_the_tolerance_agree(precision: str) -> None:
    shift = TOLERANCES[precision] * 0.9

    assert compared(tuned=shift, precision=precision)[:2] == pytest.approx((shift, shift))


@pytest.mark.parametrize("precision", TOLERANCES)
def test_likelihoods_beyond_the_tolerance_do_not_agree(precision: str) -> None:
    with pytest.raises(EvaluationError, match="another adapter is loaded"):
        compared(tuned=-TOLERANCES[precision] * 1.1, precision=precision)


def test_differences_of_both_signs_do_not_cancel_out() -> None:
    # Given likelihoods of which one row's are higher and the other's lower
    high, low = served("tuned", 0.5), served("tuned", -0.5)

    # When they are compared, then the mean of the absolute differences counts
    with pytest.raises(EvaluationError, match=r"differ by 0\.500 on average"):
        compare(reference_for(ROWS), served("base"), [high[0], low[1]])


def test_a_tuned_model_without_its_adapter_is_named() -> None:
    with pytest.raises(EvaluationError, match="answers as the base model"):
        compared(model="base")


def test_another_base_model_is_named_before_the_adapter() -> None:
    with pytest.raises(EvaluationError, match="base model is not the one"):
        compared(base=0.2, tuned=0.2)


def test_tokens_after_the_recorded_ones_are_not_compared() -> None:
    # Given a template that writes a line feed after the answer
    more = [[*tokens, TokenLikelihood(10, -20.0)] for tokens in served("tuned")]

    # When
    check = compare(reference_for(ROWS), served("base"), more)

    # Then
    assert check.difference == 0.0


@pytest.mark.parametrize("cut", [slice(0, 5), slice(1, None)], ids=["too few", "shifted"])
def test_other_tokens_are_named_with_row_and_place(cut: slice) -> None:
    # Given an endpoint that reads the second row differently
    first, second = served("tuned")

    # When they are compared, then row and token are named
    with pytest.raises(EvaluationError, match=r"row 8 .* from token \d on: its chat template"):
        compare(reference_for(ROWS), served("base"), [first, second[cut]])


def test_an_adapter_that_changed_little_cannot_be_told_apart() -> None:
    # Given an adapter that moved the likelihoods by 0.75, and the tolerances
    assert compared()[2]

    # When rounding explains more than half of that
    reference = reference_for(ROWS, "bfloat16")
    for row in reference.rows:
        row.tuned = [each + 0.2 for each in row.base]
    check = compare(reference, served("base"), served("base", 0.2))

    # Then
    assert not check.tells_adapters_apart
