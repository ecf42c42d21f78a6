"""dataset.html: what happened to the dropped rows, as one self-contained page."""

from dataclasses import dataclass

from tunedrop.dataset.examining.rejects import REASONS
from tunedrop.documents.dataset import Dataset, RowCounts
from tunedrop.report.template import render

# Each place of rows: its name in dataset.json, what it means, and the style of its bar.
IN_WORDS = (
    ("train", "to train on", "tuned"),
    ("validation", "to pick the best checkpoint", "base"),
    ("test", "held out for the report", "good"),
    ("duplicates", "the same as an earlier row", "calm"),
    ("not_sampled", "beyond the recipe's row limits", "calm"),
    ("rejected", "unusable, each listed with its reason in rejected.jsonl", "bad"),
)
CHECKS = {
    "duplicate": "The same as an earlier row",
    "near_duplicate": "Nearly the same",
    "neighbours_disagree": "Likely wrong labels",
    "label_spelling": "Labels spelled differently",
    "label_slip": "Labels that may be misspelled",
    "encoding_repaired": "Garbled characters, repaired",
    "html_entities": "HTML entities, decoded",
    "control_characters": "Control characters, removed",
    "unicode_form": "Unicode form, composed",
    "secret": "Secrets",
    "email": "Email addresses",
    "phone": "Phone numbers",
    "card": "Card numbers",
    "refusal": "Refusals",
    "cut_off": "Answers cut off",
    "template_marker": "Markers of a chat format",
    "too_long": "Longer than max_length",
    "length_outlier": "Far longer than the others",
    "language": "Another language",
    "low_confidence": "Labels with low confidence",
    "turn_order": "Turns out of order",
    "first_answer": "Several answers in a list",
    "left_out": "Thoughts, tools' messages",
    "several_answers": "Several answers to one prompt",
    "not_compared": "Rows not compared with each other",
    "leakage": "Training rows that are also in the validation or test file",
}
SMALL_SHARE = 0.02  # Share of rejected rows up to which the dataset counts as ready.


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """How many rows went to one place, and the width of their bar in percent."""

    name: str
    words: str
    style: str
    rows: int
    percent: float


def render_dataset_page(dataset: Dataset) -> str:
    """Return the whole page: HTML with its style inside, and no script."""
    tone, pill = _pill(dataset)
    return render(
        "dataset.html.j2",
        dataset=dataset,
        tone=tone,
        pill=pill,
        shares=_shares(dataset.rows),
        labels=_labels(dataset),
        titles=CHECKS,
        reasons=REASONS,
    )


def _pill(dataset: Dataset) -> tuple[str, str]:
    """Return the colour and the words of the status at the top of the page."""
    rows, estimate = dataset.rows, dataset.estimate
    if estimate and estimate.is_over_budget:
        return "bad", "Not trained: over budget"
    if estimate and estimate.is_over_time:
        return "bad", "Not trained: it would take too long"
    if rows.rejected <= rows.source * SMALL_SHARE:
        return "good", "Ready to train"
    return "unsure", "Ready, but look at the rejected rows"


def _shares(rows: RowCounts) -> list[Share]:
    return [
        Share(
            name=name.replace("_", " "),
            words=words,
            style=style,
            rows=getattr(rows, name),
            percent=round(100 * getattr(rows, name) / max(1, rows.source), 2),
        )
        for name, words, style in IN_WORDS
        if getattr(rows, name)
    ]


def _labels(dataset: Dataset) -> list[tuple[str, list[int]]]:
    """Return each label with its rows in train, validation and test."""
    splits = [dataset.splits[name].labels for name in ("train", "validation", "test")]
    return [(label, [split.get(label, 0) for split in splits]) for label in dataset.labels]
