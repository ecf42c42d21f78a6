"""The tuned model beside that of the run before it, on the test rows that both runs have."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tunedrop.documents.figures import count, p_value
from tunedrop.documents.judgement import Since
from tunedrop.documents.rows import Row
from tunedrop.evaluation.findings import EvaluationFindings
from tunedrop.evaluation.reading import reader_of, units_for
from tunedrop.evaluation.repeats import repeat_of
from tunedrop.evaluation.scoring.likelihood import LikelihoodRow
from tunedrop.evaluation.statistics.comparing import Evidence, compare
from tunedrop.evaluation.verdict import is_certain, is_enough


class EarlierAnswers(NamedTuple):
    """The test rows of an earlier run, and its tuned model's answers to them in their order."""

    run: str
    rows: Sequence[Row]
    answers: Sequence[str]


def since(found: EvaluationFindings, earlier: EarlierAnswers | None) -> Since | None:
    """Compare both tuned models by the deciding metric; None when there is no earlier run.

    A row is common when prompt, tools and right answer, or judged answers, are the same. The few
    rows that two other files share by chance are not compared: the verdict's floors of rows and
    groups hold here too.
    """
    if earlier is None:
        return None
    known = dict(zip(map(_identity, earlier.rows), earlier.answers, strict=True))
    common = [at for at, row in enumerate(found.rows) if _identity(row) in known]
    rows = [found.rows[at] for at in common]
    if not rows:
        return Since(run=earlier.run, sentence="The two runs have no test row in common.")
    read = reader_of(rows, found.task.reader(list(found.labels), rows))
    evidence = Evidence(
        golds=found.golds_at(common),
        rival=read([known[_identity(row)] for row in rows]),
        tuned=[found.tuned[at] for at in common],
        rival_name=f"tuned model of run {earlier.run}",
        confidence=found.recipe.evaluate.gate.confidence,
        units=units_for(rows),
    )
    compared = compare(found.metric, evidence)
    gap, gate = compared.comparison.difference, found.recipe.evaluate.gate
    if not is_enough(compared.comparison):
        told = "too few rows to tell"
    elif is_certain(compared.comparison, gate):
        told = "unlikely by chance alone"
    else:
        told = "possible by chance alone"
    scale = found.scale
    mine, theirs = scale.value(compared.tuned.value), scale.value(compared.rival.value)
    chance = f"{p_value(compared.comparison.p_value)}: {told}"
    sentence = (
        f"On the {count(gap.n, 'test row')} that both runs have, this tuned model reaches {mine} "
        f"and that of the run before {theirs} ({found.metric.title}): {scale.gap(gap.value)}, "
        f"between {scale.signed(gap.low)} and {scale.signed(gap.high)} ({chance})."
    )
    return Since(run=earlier.run, sentence=sentence, comparison=compared.comparison)


def _identity(row: Row) -> bytes:
    """Return what makes a test row, and which answer to it, the same one in another run."""
    judged = (row.worse, row.good) if isinstance(row, LikelihoodRow) else ()
    return msgspec.json.encode((row.prompt, row.completion, row.tools, repeat_of(row), *judged))
