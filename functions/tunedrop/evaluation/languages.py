"""The language of a prompt, as far as its letters and its most frequent words tell it.

This is for slices of the test rows, so a prompt that cannot be told is left out of them. Texts in
Latin letters are told apart by function words, the method of Grefenstette ("Comparing two language
identification schemes", JADT 1995), which needs about ten words; the others by their script, which
several languages may share.
"""

import re
import unicodedata
from collections import Counter

CHARACTERS = 1_000  # Characters at the beginning that are looked at.
CLEARLY = 0.6  # Share of the letters that are of one script.
FEWEST_WORDS = 2  # Function words that a text must have.
SCRIPTS = {  # By the first word of a letter's Unicode name.
    "LATIN": "",
    "CYRILLIC": "Cyrillic script",
    "GREEK": "Greek",
    "ARABIC": "Arabic script",
    "HEBREW": "Hebrew",
    "DEVANAGARI": "Devanagari script",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "THAI": "Thai",
    "HANGUL": "Korean",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "CJK": "Chinese",
}
_WORDS = {
    "English": "the and of to is that it was for with this you are not have but what which i my",
    "German": "der die das und ist nicht ein eine ich mit auf für den dem zu auch wie sich wir von",
    "French": "le la les et est une des du dans pour que qui pas sur ce avec je vous il nous",
    "Spanish": "el los las y es una del por para con que no se lo como más pero su muy está",
    "Portuguese": "o os as e é uma do da em para com que não se um como mais mas foi você",
    "Italian": "il gli e è una del della di per con che non si lo come più ma sono questo anche",
    "Dutch": "de het een en is niet van op te dat met voor ik zijn maar ook er wat heb deze",
}
FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str | None:
    """Return the name of the language or script; None when it cannot be told."""
    text = text[:CHARACTERS]
    scripts = Counter(_script(letter) for letter in text if letter.isalpha())
    letters = scripts.total()
    if not letters:
        return None
    if scripts["Japanese"]:  # Japanese texts also have Chinese characters.
        scripts["Japanese"] += scripts.pop("Chinese", 0)
    name, number = scripts.most_common(1)[0]
    if number < CLEARLY * letters or name is None:
        return None
    return name or _by_words(text)


def _script(letter: str) -> str | None:
    if letter.isascii():
        return ""
    return SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0])


def _by_words(text: str) -> str | None:
    """Return the language with the most function words, if it has more than any other."""
    words = Counter(_WORD.findall(text.lower()))
    found = {
        language: sum(words[each] for each in listed) for language, listed in FUNCTION_WORDS.items()
    }
    (first, most), (_, second) = sorted(found.items(), key=lambda each: -each[1])[:2]
    return first if most >= FEWEST_WORDS and most > second else None
