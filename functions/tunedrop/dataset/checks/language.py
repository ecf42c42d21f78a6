"""Recognise a language by its script or its most frequent words, to find mixed languages."""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from tunedrop.dataset.checks.findings import Findings
from tunedrop.documents.dataset import Place

_WORDS = {
    "en": "the of and to in is that for it with as was on are this you be not have what",
    "de": "der die das und ist nicht mit ein eine ich zu den von auf für sich wie auch es im",
    "fr": "le la les et est des une un que pour dans pas qui sur avec je vous ce il au",
    "es": "el la los las y es de que en un una por con no para se como del lo su",
    "it": "il la di che e un una per non con sono del della le mi si come anche ho gli",
    "pt": "o a os as e é de que em um uma para com não do da se por como mais",
    "nl": "de het een en van is niet dat op te zijn voor met die ik je er maar aan ook",
    "sv": "och att det som en på är av för med den till inte om har jag ett var men så",
    "pl": "nie na się że jest co jak ale tak za czy dla tym był ich może już przez tylko",
    "tr": "bir ve bu da de için ne çok ile gibi daha var ben değil sen o ama en kadar",
}
# Single letters are left out, because they are words of many languages.
_COMMON = {
    code: frozenset(word for word in words.split() if len(word) > 1)
    for code, words in _WORDS.items()
}
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
EXAMINED_CHARACTERS = 400  # Characters at the beginning of a text that are examined.
FEWEST_WORDS = 6  # The language of a text with fewer words is not recognised.
MIN_SHARE = 0.12  # Share of the words that must be frequent words of the language.
MIN_LEAD = 2  # Frequent words that the language must have more than the second most likely one.
SAMPLE = 2_000  # Rows at the beginning of the source that are examined.


def language_of(text: str) -> str | None:
    """Return an ISO 639-1 code, or None when the language is not recognised."""
    text = text[:EXAMINED_CHARACTERS]
    for code, script in _SCRIPTS:
        if not text.isascii() and len(script.findall(text)) > len(text) * 0.2:
            return code
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < FEWEST_WORDS:
        return None
    hits = {code: sum(word in common for word in words) for code, common in _COMMON.items()}
    best, second = sorted(hits, key=hits.__getitem__, reverse=True)[:2]
    clear = hits[best] >= MIN_SHARE * len(words) and hits[best] >= hits[second] + MIN_LEAD
    return best if clear else None


class Spoken(msgspec.Struct):
    """A row whose language was recognised."""

    language: str
    place: Place


def note_languages(rows: Sequence[Spoken], findings: Findings) -> dict[str, int]:
    """Add rows in other than the main language to the findings; return the rows per language."""
    counts = dict(Counter(row.language for row in rows).most_common())
    main = next(iter(counts), None)
    for row in rows:
        if row.language != main:
            findings.add_place("language", row.place)
    return counts
