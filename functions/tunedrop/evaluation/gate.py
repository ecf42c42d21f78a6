"""Ship, hold or reject the tuned model, by the recipe's rule.

ship    the gain over the base model is above `min_gain` with the confidence, and the tuned
        model is clearly better than every baseline
reject  it is worse than the base model or a baseline without a model, or makes no difference
hold    the test rows do not decide it
"""

from collections.abc import Iterator

from tunedrop.documents.figures import count, percent, points, signed
from tunedrop.documents.report import Decision, Gate
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.verdict import MIN_ROWS, MIN_UNITS, is_enough, margin_of, verdict_of


def gate_of(found: EvaluationFindings) -> Gate:
    """Return the decision with its reason."""
    decision, reason = next(_reasons(found))
    return Gate(decision, f"{decision.capitalize()}: {reason}.")


def _reasons(found: EvaluationFindings) -> Iterator[tuple[Decision, str]]:
    """Yield the decisions that apply, the strongest reason first."""
    gate, comparison = found.recipe.evaluate.gate, found.decisive.comparison
    gap, asked = comparison.difference, f"{gate.min_gain * 100:g} points"
    sure = f"with {gate.confidence * 100:g}% confidence"
    between = f"between {signed(gap.low)} and {points(gap.high)}"
    if not is_enough(comparison):
        yield "hold", shortage(found)
    if found.verdict == "worse":
        yield "reject", f"{sure} the tuned model is worse than the base model, {between}"
    if found.verdict == "no_difference":
        margin = f"{margin_of(gate) * 100:g} points"
        yield "reject", f"{sure} the difference is less than {margin}, {between}"
    if found.verdict == "too_small_to_tell":
        yield "hold", f"{sure} the gain lies {between}, which leaves open which model is better"
    for each in found.unbeaten:
        rival = found.beside(each)
        reaches = f"{each.subject} reaches {percent(rival.rival.value)}"
        if verdict_of(rival.comparison, gate) == "worse":
            yield "reject", f"{reaches}, more than the tuned model"
        else:
            yield "hold", f"{reaches}, and the tuned model is not clearly better"
    if not found.reaches_gain:
        yield "hold", f"{sure} the gain lies {between}, and the recipe asks for more than {asked}"
    yield "ship", f"{sure} the gain lies {between}, above the {asked} that the recipe asks for"


def shortage(found: EvaluationFindings) -> str:
    """Return which floor the test rows do not reach: of rows or of independent groups."""
    comparison = found.decisive.comparison
    rows, units = comparison.difference.n, comparison.units
    if rows < MIN_ROWS:
        return f"{count(rows, 'test row is', 'test rows are')} too few: a verdict needs {MIN_ROWS}"
    groups = count(units, "independent group", "independent groups")
    return f"the {count(rows, 'test row')} are only {groups}: a verdict needs {MIN_UNITS}"
