"""SQuAD's JSON: articles of paragraphs with questions, read as one row for each question.

https://rajpurkar.github.io/SQuAD-explorer/
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tunedrop.dataset.readers.json_document import elements_of
from tunedrop.dataset.readers.json_lines import too_long
from tunedrop.dataset.readers.lines import LONGEST_LINE
from tunedrop.dataset.readers.record import Fields, Record, RowError, parse_object
from tunedrop.dataset.readers.text import TextFile


def is_article(element: bytes) -> bool:
    """Whether the first element of a list is an article."""
    try:
        return "paragraphs" in parse_object(element)
    except RowError:
        return False


class Squad:
    """The questions of a list of articles, with `context`, `question` and `answers`."""

    format = "SQuAD"

    def __init__(self, text: TextFile, key: str) -> None:
        self._text = text
        self._key = key

    def records(self) -> Iterator[Record]:
        """Yield a record for each question; an article that cannot be read is one record."""
        row = 0
        with self._text.open() as stream:
            for key, line, raw in elements_of(stream):
                if key != self._key:
                    continue
                for found in _questions(raw):
                    row += 1
                    if isinstance(found, RowError):
                        yield Record(row, line, raw[:8_192], error=found)
                    else:
                        yield Record(row, line, msgspec.json.encode(found), found)


def _questions(raw: bytes) -> list[Fields | RowError]:
    if len(raw) > LONGEST_LINE:
        return [too_long()]
    try:
        article = parse_object(raw)
    except RowError as error:
        return [error]
    rows: list[Fields | RowError] = []
    for paragraph in _objects(article.get("paragraphs")):
        rows += [_question(asked, paragraph) for asked in _objects(paragraph.get("qas"))]
    return rows or [RowError("empty", "The article has no questions.", "paragraphs")]


def _question(asked: Fields, paragraph: Fields) -> Fields | RowError:
    if asked.get("is_impossible"):
        return RowError("no_answer", "The question has no answer in its passage.", "answers")
    answers = [answer.get("text") for answer in _objects(asked.get("answers"))]
    question = asked.get("question")
    return {"context": paragraph.get("context"), "question": question, "answers": answers}


def _objects(value: Any) -> list[Fields]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
