"""Findings: what the checks found, in how many rows, with the first places."""

from collections import Counter

from tunedrop.dataset.readers.record import Record
from tunedrop.documents.dataset import Finding, Place

MOST_PLACES = 10  # Places that are listed for each finding.
LONGEST_EXCERPT = 120  # Characters of the row that are shown.

ADVICE = {
    "duplicate": "Rows that are equal to an earlier one; they were left out.",
    "near_duplicate": "Rows that are nearly equal to another of the first 1,000,000 distinct "
    "rows; they are in the same split.",
    "neighbours_disagree": "Rows whose nearly equal text, among the first 1,000,000 distinct rows, "
    "has another label: one of the two is probably wrong. They are only listed, not removed.",
    "label_spelling": "Labels that differ only in case, white space or a final full stop or comma, "
    "or that are the same number; they were merged (merge_labels: false keeps them apart).",
    "label_slip": "Rare labels that differ in one letter from a common one. They are only listed; "
    "correct them if they are misspelled.",
    "encoding_repaired": "Characters garbled by a wrong encoding were repaired.",
    "html_entities": "HTML entities such as &amp; were turned into the characters they mean.",
    "control_characters": "Invisible control characters were removed.",
    "unicode_form": "Characters were converted to their composed form (NFC).",
    "secret": "Keys, tokens or passwords; a model can repeat what it was trained on.",
    "email": "Email addresses; a model can repeat what it was trained on.",
    "phone": "Phone numbers; a model can repeat what it was trained on.",
    "card": "Payment card numbers; a model can repeat what it was trained on.",
    "refusal": "Answers that refuse; the model will learn to refuse.",
    "cut_off": "Answers that end in the middle of a sentence; the model will learn that.",
    "template_marker": "Markers of a chat format in the text.",
    "too_long": "Rows longer than hyperparameters.max_length: the training cuts the middle of "
    "their prompt, or leaves them out.",
    "length_outlier": "Rows more than ten times as long as the median.",
    "language": "Rows in another language than most.",
    "low_confidence": "Labels with a confidence below 0.5. They were kept; please review them.",
    "turn_order": "Messages in an unusual order of roles; some chat templates refuse them.",
    "first_answer": "Rows that give several answers in a list; the first of them is learnt.",
    "left_out": "Rows with thoughts of the model, or with messages of its own tools: the model "
    "learns the text of the answers alone.",
    "several_answers": "Prompts with several different answers; all were kept, in one split.",
    "not_compared": "Rows that did not fit into the index of near duplicates; later rows were not "
    "compared with them.",
    "leakage": "Training rows that are in a given test or validation file too.",
}


class Findings:
    """For each check, the number of `rows` and the first `places`."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.places: dict[str, list[Place]] = {}

    def add(self, check: str, record: Record, excerpt: str = "") -> None:
        """Add a finding in a row."""
        self.add_place(check, Place(record.row, record.line, record.file, excerpt))

    def add_place(self, check: str, place: Place) -> None:
        """Add a finding at a place."""
        self.rows[check] += 1
        places = self.places.setdefault(check, [])
        if len(places) < MOST_PLACES:
            place.excerpt = place.excerpt[:LONGEST_EXCERPT]
            places.append(place)

    def add_rows(self, check: str, rows: int) -> None:
        """Add a number of rows without their places."""
        if rows:
            self.rows[check] += rows

    def take(self, other: "Findings") -> None:
        """Add the findings of later rows."""
        self.rows.update(other.rows)
        for check, places in other.places.items():
            known = self.places.setdefault(check, [])
            known += places[: MOST_PLACES - len(known)]

    def listed(self) -> list[Finding]:
        """Return the findings, the most frequent first."""
        return [
            Finding(check, rows, ADVICE[check], self.places.get(check, []))
            for check, rows in sorted(self.rows.items(), key=lambda item: (-item[1], item[0]))
        ]
