"""report.html: the report as one self-contained page."""

from dataclasses import dataclass

import msgspec

from tunedrop.documents.figures import signed
from tunedrop.documents.judgement import Confusion, Estimate
from tunedrop.documents.report import Report, TokenCount
from tunedrop.documents.served import ServedCheck
from tunedrop.report.charts import difference_axis, loss_chart, trial_bars, worth_in_words
from tunedrop.report.template import render

PILLS = {
    "better": ("good", "Better"),
    "worse": ("bad", "Worse"),
    "no_difference": ("calm", "No real difference"),
    "too_small_to_tell": ("unsure", "Too few rows to tell"),
}
ROWS_IN_WORDS = {
    "train": "trained on",
    "validation": "to pick the best checkpoint",
    "test": "held out for this report",
    "rejected": "rejected, see rejected.jsonl",
    "duplicates": "exact duplicates, left out",
    "not_sampled": "beyond the recipe's row limits",
}
HEAT_STEPS = 10  # Shades of the confusion matrix, as in report.css.


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar of the chart: its name, its style and its value."""

    name: str
    style: str
    value: Estimate


def render_page(report: Report) -> str:
    """Return the page: HTML that contains its style and charts, without scripts."""
    primary = report.comparisons[0]
    tone, pill = _pill(report)
    return render(
        "report.html.j2",
        report=report,
        tone=tone,
        pill=pill,
        metric=report.metrics[report.primary_metric],
        bars=_bars(report),
        primary=primary,
        rivals=[each for each in report.comparisons if each.rival != "base"],
        axis=difference_axis(primary, report.metrics[report.primary_metric].scale),
        loss=loss_chart(report.curve),
        trials=trial_bars(report.trials) if report.trials else [],
        worth=worth_in_words(report.trials) if report.trials else "",
        probed=trial_bars(report.probe.trials) if report.probe and report.probe.trials else [],
        tokens=tokens_in_words(report.tokens) if report.tokens else None,
        served=served_in_words(report.served),
        heat=_heat(report.confusion),
        rows=[(name, report.rows.get(name, 0), words) for name, words in ROWS_IN_WORDS.items()],
        recipe=msgspec.json.format(msgspec.json.encode(report.lineage.recipe), indent=2).decode(),
    )


def _pill(report: Report) -> tuple[str, str]:
    """Return the colour and the words of the verdict; green only for an unqualified one."""
    if report.but_better:
        return "unsure", f"Better{report.but_better}"
    return PILLS[report.verdict]


def _bars(report: Report) -> list[Bar]:
    name = report.primary_metric
    baselines = [
        Bar(name=each.name, style="trivial", value=each.value)
        for each in report.baselines
        if each.metric == name
    ]
    return [
        Bar(name="Tuned model", style="tuned", value=report.tuned.metrics[name]),
        Bar(name="Base model", style="base", value=report.base.metrics[name]),
        *baselines,
    ]


def _heat(confusion: Confusion | None) -> list[list[tuple[int, int]]]:
    """Return each cell as (count, shade from 0 to 10 by its share of the row)."""
    if confusion is None:
        return []
    return [
        [(cell, round(HEAT_STEPS * cell / max(1, sum(line)))) for cell in line]
        for line in confusion.counts
    ]


def tokens_in_words(tokens: TokenCount) -> str:
    """Return both counts of the training rows' tokens and how far they differ."""
    said = f"{tokens.said:,} ({signed(tokens.difference)}%)"
    if tokens.method == "tokenizer":
        before = f"had measured {said} with the model's tokenizer"
    else:
        before = f"had estimated {said} by characters"
    return f"{tokens.counted:,} tokens; preparation {before}"


def served_in_words(check: ServedCheck | None) -> str:
    """Return how the endpoint was compared with the training job, in one or two sentences."""
    if check is None:
        return "not compared with the training job, which recorded no likelihoods"
    agrees = (
        f"computes what the training job did: log likelihoods of {check.tokens:,} tokens of "
        f"{check.rows} validation rows differ by {check.difference:.4f} on average (in the right "
        f"answers by {check.answer_difference:.4f}); rounding in {check.precision} explains "
        f"{check.tolerance:g}"
    )
    if check.tells_adapters_apart:
        return agrees
    return f"{agrees}. The adapter changed them so little that another one would not be noticed"
