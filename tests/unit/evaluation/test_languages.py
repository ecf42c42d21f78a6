"""The language of a prompt, for slices of the test rows."""

import pytest

from tunedrop.evaluation.languages import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The hotel was clean and the staff is friendly", "English"),
        ("Das Hotel war sauber und die Zimmer sind nicht teuer", "German"),
        ("La chambre est propre et le personnel est dans la salle", "French"),
        ("El hotel es muy limpio y las camas están bien", "Spanish"),
        ("O hotel não é limpo e a cama foi feita para um", "Portuguese"),
        ("Il letto è comodo e non si sente la strada", "Italian"),
        ("Het hotel is niet schoon en de kamer is klein", "Dutch"),
        ("Гостиница была чистая", "Cyrillic script"),
        ("酒店非常干净", "Chinese"),
        ("ホテルはとても清潔でした。部屋", "Japanese"),
        ("호텔이 깨끗했어요", "Korean"),
        ("الفندق نظيف جدا", "Arabic script"),
        ("ห้องสะอาดมาก", "Thai"),
        ("SELECT name FROM singers", None),
        ("12345 !?", None),
        ("", None),
        ("great", None),
    ],
)
def test_language_is_told_by_script_and_frequent_words(text: str, language: str | None) -> None:
    assert language_of(text) == language
