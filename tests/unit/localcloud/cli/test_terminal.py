"""What localcloud prints cannot steer the terminal, whoever wrote it."""

import io
import json
import sys

import pytest

from localcloud.cli.terminal import print_now, shown
from tunedrop.documents.characters import HIDDEN

CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1)]


def test_characters_that_steer_a_terminal_are_printed_as_escapes() -> None:
    # Given
    stream = io.StringIO()

    # When
    print_now("a\x1b]0;title\x07b\x9b2Jc\u202ed\re\ttab\nline é\ud800", stream)

    # Then
    expected = r"a\u001b]0;title\u0007b\u009b2Jc\u202ed\u000de" + "\ttab\nline é" + r"\ud800"
    assert stream.getvalue() == f"{expected}\n"


def test_the_same_characters_are_escaped_as_in_emails_but_tab_and_line() -> None:
    changed = {character for character in CHARACTERS if shown(character) != character}
    hidden = {character for character in CHARACTERS if HIDDEN.search(character)}

    assert changed == hidden - {"\n", "\t"}


def test_json_that_is_printed_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    # Given a text with the one control character that JSON holds unescaped
    value = {"text": "\x1b[2J\x7f\u202e\u2028"}

    # When
    print_now(json.dumps(value, ensure_ascii=False))

    # Then
    assert json.loads(capsys.readouterr().out) == value
