"""Findings: what was seen in how many rows, with the first places."""

from collections import Counter

from tunedrop.dataset.readers.record import Record
from tunedrop.documents.dataset import Finding, Place

MOST_PLACES = 10
LONGEST_EXCERPT = 120  # characters

ADVICE = {
    "duplicate": "Rows that are the same as an earlier one; they were left out.",
    "near_duplicate": "Rows that are nearly the same as another of the first 1,000,000 distinct "
    "rows; they stay in the same split.",
    "neighbours_disagree": "Nearly the same text, among the first 1,000,000 distinct rows, carries "
    "another label: one of them is probably wrong. They are only listed; none was removed.",
    "label_spelling": "Labels that differ only in spelling were read as one.",
    "label_slip": "Rare labels that differ in one letter from a common one. They are only listed; "
    "correct them if they are slips.",
    "encoding_repaired": "Characters garbled by a wrong encoding were repaired.",
    "html_entities": "HTML entities such as &amp; were turned into the characters they mean.",
    "control_characters": "Invisible control characters were removed.",
    "unicode_form": "Characters were brought to their composed form (NFC).",
    "secret": "Keys, tokens or passwords; a model can repeat what it was trained on.",
    "email": "Email addresses; a model can repeat what it was trained on.",
    "phone": "Phone numbers; a model can repeat what it was trained on.",
    "card": "Payment card numbers; a model can repeat what it was trained on.",
    "refusal": "Answers that refuse; the model will learn to refuse.",
    "cut_off": "Answers that stop in the middle of a sentence; the model will learn to.",
    "template_marker": "Markers of a chat format stand in the text.",
    "too_long": "Rows longer than hyperparameters.max_length: their end is not learnt.",
    "length_outlier": "Rows more than ten times as long as the median.",
    "language": "Rows in another language than most.",
    "low_confidence": "Labels with a confidence below 0.5: have them looked at; they were kept.",
    "turn_order": "Turns out of order; some chat templates refuse them.",
    "several_answers": "Prompts with several different answers; all were kept, in one split.",
    "not_compared": "Too many rows for the function: later ones were not compared with these.",
    "leakage": "Training rows that stand in a given test or validation file too.",
}


class Findings:
    """Findings: in how many `rows` each was seen, and the first `places`."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.places: dict[str, list[Place]] = {}

    def add(self, check: str, record: Record, excerpt: str = "") -> None:
        """Note a finding in a row."""
        self.add_place(check, Place(record.row, record.line, record.file, excerpt))

    def add_place(self, check: str, place: Place) -> None:
        """Note a finding at a place."""
        self.rows[check] += 1
        places = self.places.setdefault(check, [])
        if len(places) < MOST_PLACES:
            place.excerpt = place.excerpt[:LONGEST_EXCERPT]
            places.append(place)

    def add_rows(self, check: str, rows: int) -> None:
        """Note a finding that was only counted."""
        if rows:
            self.rows[check] += rows

    def take(self, other: "Findings") -> None:
        """Add what was noted in later rows."""
        self.rows.update(other.rows)
        for check, places in other.places.items():
            known = self.places.setdefault(check, [])
            known += places[: MOST_PLACES - len(known)]

    def listed(self) -> list[Finding]:
        """Return the findings, the commonest first."""
        return [
            Finding(check, rows, ADVICE[check], self.places.get(check, []))
            for check, rows in sorted(self.rows.items(), key=lambda item: (-item[1], item[0]))
        ]
