"""Compare the endpoint with the training job by the likelihoods of the same rows.

The texts of answers would not do: another adapter can give the same label, and rounding can change
a text. Likelihoods differ by rounding alone as long as tokens, weights and scale are the same.
"""

from collections.abc import Sequence
from statistics import fmean

from tunedrop.documents.answers import TokenLikelihood
from tunedrop.documents.served import Reference, ReferenceRow, ServedCheck
from tunedrop.errors import ServedDifferentlyError

# The mean absolute difference of log likelihoods that rounding explains, by the number type of the
# training job. Measured on 211 tokens of SmolLM2-135M-Instruct: 0.00001 between two ways to compute
# in float32, 0.053 between bfloat16 and float32. Two computations in bfloat16 differ by at most the
# sum of their errors, so the tolerance is three times the error of one.
TOLERANCES = {"float32": 0.001, "bfloat16": 0.15}

Scored = Sequence[Sequence[TokenLikelihood]]


def require_same_base(reference: Reference, base: Scored) -> None:
    """Check the endpoint's base model alone, where tuned weights replace it afterwards.

    `base` has the tokens of each recorded row with the likelihoods of that model.

    Raises:
        ServedDifferentlyError: as `compare`.
    """
    for row, tokens in zip(reference.rows, base, strict=True):
        _require_same_tokens(row, tokens)
    recorded = [each for row in reference.rows for each in row.base]
    distance = _distance(_values(reference, base), recorded)
    if distance > TOLERANCES[reference.precision]:
        raise _another_base(distance, reference)


def compare(reference: Reference, base: Scored | None, tuned: Scored) -> ServedCheck:
    """Return how the endpoint agrees with the training job.

    Args:
        reference: what the training job recorded.
        base: the tokens of each recorded row with the likelihoods of the endpoint's base model;
            None when the endpoint does not serve it now.
        tuned: the same of its tuned model.

    Raises:
        ServedDifferentlyError: they differ by more than rounding; the message names the cause.
    """
    for row, tokens in zip(reference.rows, tuned, strict=True):
        _require_same_tokens(row, tokens)
    if base is not None:
        require_same_base(reference, base)
    tolerance = TOLERANCES[reference.precision]
    recorded_base = [each for row in reference.rows for each in row.base]
    served = _values(reference, tuned)
    recorded = [each for row in reference.rows for each in row.tuned]
    check = ServedCheck(
        rows=len(reference.rows),
        tokens=len(recorded),
        difference=_distance(served, recorded),
        answer_difference=_answer_distance(reference, served),
        tolerance=tolerance,
        adapter_change=_distance(recorded, recorded_base),
        precision=reference.precision,
    )
    if check.difference > tolerance:
        raise _another_adapter(check, reference, served, recorded_base)
    return check


def _values(reference: Reference, scored: Scored) -> list[float]:
    """Return the likelihoods of the recorded tokens; the server may have read more after them."""
    return [
        each.logprob or 0.0
        for row, tokens in zip(reference.rows, scored, strict=True)
        for each in tokens[1 : len(row.ids)]
    ]


def _answer_distance(reference: Reference, served: Sequence[float]) -> float:
    at, differences = 0, []
    for row in reference.rows:
        end = at + len(row.tuned)
        answered = at + row.answer_from - 1  # The likelihoods begin at the second token.
        theirs = row.tuned[row.answer_from - 1 :]
        differences += [abs(a - b) for a, b in zip(served[answered:end], theirs, strict=True)]
        at = end
    return fmean(differences)


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    return fmean(abs(a - b) for a, b in zip(one, other, strict=True))


def _require_same_tokens(row: ReferenceRow, tokens: Sequence[TokenLikelihood]) -> None:
    """Raise ServedDifferentlyError unless the endpoint read the tokens of the training."""
    served = [each.token for each in tokens[1 : len(row.ids)]]
    if served == row.ids[1:]:
        return
    pairs = zip(served, row.ids[1:], strict=False)
    at = next((at for at, (ours, theirs) in enumerate(pairs) if ours != theirs), len(served)) + 1
    raise ServedDifferentlyError(
        f"The endpoint reads row {row.row} of validation.jsonl as other tokens than the training "
        f"job did, from token {at + 1} on: its chat template or its tokenizer is another one.",
        "Compare chat_template.jinja, tokenizer.json and tokenizer_config.json of the base model "
        "in models/ with those in the run's model artifact. Restore the files of the training, "
        "or drop the dataset again to train with the new ones.",
    )


def _another_base(distance: float, reference: Reference) -> ServedDifferentlyError:
    return ServedDifferentlyError(
        "The endpoint's base model is not the one that was trained on: "
        f"{_figures(distance, reference)}.",
        "The files of the base model in models/ were replaced after the training, or the serving "
        "image changes their number type. Restore them, or drop the dataset again to train anew.",
    )


def _another_adapter(
    check: ServedCheck, reference: Reference, served: Sequence[float], base: Sequence[float]
) -> ServedDifferentlyError:
    """Return the error with the cause that the likelihoods point to."""
    figures = _figures(check.difference, reference)
    if _distance(served, base) <= check.tolerance:
        return ServedDifferentlyError(
            f"The endpoint's tuned model answers as the base model: {figures}.",
            "Its adapter is not applied. Read in the endpoint's log whether the serving image "
            "loaded it (SM_VLLM_LORA_MODULES); then drop the dataset again.",
        )
    return ServedDifferentlyError(
        "The endpoint's tuned model is not the one of this training job: another adapter is "
        f"loaded, or this one at another scale; {figures}.",
        "Compare adapter_model.safetensors, and lora_alpha, r and use_rslora in "
        "adapter_config.json, of the run's model artifact with what the endpoint's model names; "
        "then drop the dataset again.",
    )


def _figures(distance: float, reference: Reference) -> str:
    tokens = sum(len(row.tuned) for row in reference.rows)
    return (
        f"log likelihoods of {tokens} tokens of {len(reference.rows)} validation rows differ by "
        f"{distance:.3f} on average, and rounding in {reference.precision} explains "
        f"{TOLERANCES[reference.precision]}"
    )
