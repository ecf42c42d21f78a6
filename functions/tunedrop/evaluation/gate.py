"""Ship, hold or reject the tuned model, by the recipe's rule.

ship    the gain over the base model is above `min_gain` with the confidence, and the tuned
        model is clearly better than every baseline
reject  it is worse than the base model or a baseline without a model, or makes no difference
hold    the test rows do not decide it
"""

from collections.abc import Iterator

from tunedrop.documents.judgement import Decision, Gate
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.verdict import MIN_ROWS, MIN_UNITS, is_enough, margin_of, verdict_of


def gate_of(found: EvaluationFindings) -> Gate:
    """Return the decision with its reason."""
    decision, reason = next(_reasons(found))
    return Gate(decision, f"{decision.capitalize()}: {reason}.", by_form=found.gains_by_form)


def _reasons(found: EvaluationFindings) -> Iterator[tuple[Decision, str]]:
    """Yield the decisions that apply, the strongest reason first."""
    gate, comparison = found.recipe.evaluate.gate, found.decisive.comparison
    gap, asked = comparison.difference, found.scale.size(gate.min_gain)
    sure = f"with {gate.confidence * 100:g}% confidence"
    between = f"between {found.scale.signed(gap.low)} and {found.scale.gap(gap.high)}"
    if comparison.difference.n < MIN_ROWS:
        yield "hold", _needs(MIN_ROWS, "test rows", comparison.difference.n)
    if not is_enough(comparison):
        yield "hold", _needs(MIN_UNITS, "independent groups of test rows", comparison.units)
    if found.verdict == "worse":
        yield "reject", f"{sure} the tuned model is worse than the base model, {between}"
    if found.verdict == "no_difference":
        margin = found.scale.size(margin_of(gate))
        yield "reject", f"{sure} the difference is less than {margin}, {between}"
    if found.verdict == "too_small_to_tell":
        yield "hold", f"{sure} the gain lies {between}, which leaves open which model is better"
    for each in found.unbeaten:
        rival = found.beside(each)
        reaches = f"{each.subject} reaches {found.scale.value(rival.rival.value)}"
        if verdict_of(rival.comparison, gate) == "worse":
            yield "reject", f"{reaches}, more than the tuned model"
        else:
            yield "hold", f"{reaches}, and the tuned model is not clearly better"
    if not found.reaches_gain:
        yield "hold", f"{sure} the gain lies {between}, and the recipe asks for more than {asked}"
    above = f"above the {asked} that the recipe asks for"
    yield "ship", f"{sure} the gain lies {between}, {above}{found.but_by_form}"


def _needs(least: int, what: str, there_are: int) -> str:
    verb = "is" if there_are == 1 else "are"
    return f"a verdict needs at least {least} {what}, and there {verb} {there_are}"
