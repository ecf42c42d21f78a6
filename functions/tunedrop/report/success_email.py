"""The email of a successful run: the verdict, the evidence, the cost, and how to use the model."""

from collections.abc import Mapping

from tunedrop.documents.figures import SCALES, Scale, duration, moment, p_value, usd
from tunedrop.documents.judgement import Comparison
from tunedrop.documents.report import Report
from tunedrop.report import letter
from tunedrop.report.commands import ask_tuned, delete_endpoint, download
from tunedrop.report.email import Email, Links, dataset_name, guess, learnt

SUBJECTS = {
    "better": "the tuned model is better",
    "worse": "the tuned model is worse",
    "no_difference": "the tuned model is no better",
    "too_small_to_tell": "too few test rows to tell",
}


SENTENCES = 6  # Sentences of evidence in the email; the report has all of them.


def success_email(report: Report, links: Links) -> Email:
    """Return the email of a successful run: verdict, evidence, cost, and how to use the model."""
    metric = report.primary_metric
    base, tuned = report.base.metrics[metric].value, report.tuned.metrics[metric].value
    title, value = report.metrics[metric].title, SCALES[report.metrics[metric].scale].value
    verdict = f"{SUBJECTS[report.verdict]}{report.but_better}"
    return Email(
        letter.subject(
            f"{dataset_name(report.dataset)}: {verdict}, {title} {value(base)} -> {value(tuned)}"
        ),
        letter.body(
            (
                guess(report.learns, report.certainty),
                letter.paragraph(report.headline),
                letter.paragraph(report.gate.sentence if report.gate else ""),
                letter.paragraph(report.reuse or ""),
                _figures(report),
                letter.section("Why", letter.bullets(report.sentences[:SENTENCES])),
                learnt(report.learns, report.certainty),
                letter.section("Read with care", letter.bullets(report.warnings)),
                letter.section("Since the run before", letter.paragraph(_since(report))),
                letter.section("What it cost", _cost(report)),
                letter.section("The whole report", _report_at(links)),
                *_endpoint(report, links),
            )
        ),
    )


def _figures(report: Report) -> str:
    """Return a table of both models and the baselines, with one column for each metric."""
    names = list(report.base.metrics)
    gaps = {each.metric: each for each in report.comparisons if each.rival == "base"}
    rivals = dict.fromkeys(each.name for each in report.baselines)
    scales = {name: SCALES[report.metrics[name].scale] for name in names}
    values = {
        (each.name, each.metric): scales[each.metric].value(each.value.value)
        for each in report.baselines
    }
    rows = [
        ["", *(report.metrics[name].title for name in names)],
        *(
            [title, *(scales[name].value(model.metrics[name].value) for name in names)]
            for title, model in (("Tuned model", report.tuned), ("Base model", report.base))
        ),
        *([rival, *(values[rival, name] for name in names)] for rival in rivals),
        _gains(scales, gaps),
        [
            f"  {report.confidence * 100:g}% interval",
            *(_interval(scales[name], gaps[name]) for name in names),
        ],
        ["  p value", *(p_value(gaps[name].p_value) for name in names)],
    ]
    return letter.table(rows)


def _since(report: Report) -> str:
    return f"{report.since.sentence} It was run {report.since.run}." if report.since else ""


def _gains(scales: Mapping[str, Scale], gaps: Mapping[str, Comparison]) -> list[str]:
    """Return the row with the gains; their units stand in the cells if they differ."""
    values = {name: gaps[name].difference.value for name in scales}
    units = {scale.unit for scale in scales.values()}
    if len(units) == 1:
        return [f"Gain in {units.pop()}", *(scales[name].signed(values[name]) for name in scales)]
    return ["Gain", *(scales[name].gap(values[name]) for name in scales)]


def _interval(scale: Scale, comparison: Comparison) -> str:
    """Return the interval of a gain."""
    gap = comparison.difference
    return f"{scale.signed(gap.low)} to {scale.signed(gap.high)}"


def _cost(report: Report) -> str:
    cost = report.cost
    seconds = cost.billable_seconds
    billed = f", billed for {duration(seconds)}" if seconds is not None else ""
    on = f" on {cost.instance}" if cost.instance else ""
    stays = "billed by the hour until it is deleted" if report.endpoint_kept else "deleted"
    trained = "nothing: an earlier run's model" if report.reuses else None
    return letter.facts(
        (
            ("Training", trained or f"{usd(cost.training_usd)}{on}{billed}"),
            ("Estimated", cost.estimate),
            ("Endpoint", stays),
        )
    )


def _report_at(links: Links) -> str:
    fetch = download(links.report, links.region) if links.report else None
    return letter.facts(
        (
            ("Browser", links.report_console),
            ("Report", links.report),
            ("Everything", links.folder),
            ("Fetch it", fetch),
        )
    )


def _endpoint(report: Report, links: Links) -> list[str]:
    """Return how to call the model and how to delete the endpoint, or that it is deleted."""
    if not report.endpoint_kept:
        text = (
            "The endpoint is being deleted, so this run causes no further costs. To keep the "
            "endpoint whatever the verdict, write `deploy: {keep: always}` in recipe.yaml."
        )
        return [letter.section("The endpoint", letter.paragraph(text))]
    until = f" on {moment(report.endpoint_expires)}" if report.endpoint_expires else " by hand only"
    ask = ask_tuned(report.endpoint, report.example, links.region) if report.example else ""
    return [
        letter.section("Ask the tuned model", ask),
        letter.section(
            "Stop paying",
            letter.paragraph(f"The endpoint will be deleted{until}. To delete it now:"),
            delete_endpoint(report.endpoint, links.region),
        ),
    ]
