"""Words of an answer that the right answer does not have are marked."""

import pytest

from tunedrop.report.differences import MAX_WORDS, Piece, differences


@pytest.mark.parametrize(
    ("answer", "expected", "marked"),
    [
        ("positive", "positive", []),
        ("Positive", "positive", []),
        ("SELECT a FROM t", "SELECT b FROM t", ["a"]),
        ("It is positive.", "positive", ["It is ", "."]),
        ("negative", "positive", ["negative"]),
        ("a  b", "a b", []),
        ("", "positive", []),
        ("今日は", "今日", ["今日は"]),
    ],
)
def test_only_words_that_the_right_answer_lacks_are_marked(
    answer: str, expected: str, marked: list[str]
) -> None:
    # When
    pieces = differences(answer, expected)

    # Then
    assert [piece.text for piece in pieces if piece.differs] == marked
    assert "".join(piece.text for piece in pieces) == answer


def test_a_very_long_answer_is_left_unmarked() -> None:
    # Given
    long = "a b " * MAX_WORDS

    # Then
    assert differences(long, "a") == [Piece(long, differs=False)]
