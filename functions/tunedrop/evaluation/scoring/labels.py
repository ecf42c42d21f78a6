"""Read a label from an answer: the whole answer, or the only label that it contains."""

import re
import unicodedata
from collections.abc import Callable, Iterable

UNPARSED = ""  # The answer names no label or several. It counts as wrong and is reported.
_WRAPPING = " \t\n\r\"'`*_.,:;!?()[]{}<>#“”‘’«»。、：！？"  # noqa: RUF001 - quotes of several languages
_FIRST_UNSPACED = "\u2e80"  # From here on (CJK), words are written without spaces.


def label_reader(labels: Iterable[str]) -> Callable[[str], str]:
    """Return a function that reads an answer as one of `labels`, or as `UNPARSED`.

    The first of these that holds decides:

    1. the answer, without white space around it, is a label;
    2. the same after normalising both (case, width, quotes, punctuation around it);
    3. the answer contains exactly one label as a separate word. A label inside a longer one
       ("spam" in "not spam") does not count.

    The same lenient rule applies to both models: "The sentiment is negative." counts.
    """
    by_text = {label.strip(): label.strip() for label in labels}
    by_form: dict[str, set[str]] = {}
    for label in by_text.values():
        by_form.setdefault(normalise(label), set()).add(label)
    pattern = _any_of(by_form)

    def read(text: str) -> str:
        exact = by_text.get(text.strip())
        if exact is not None:
            return exact
        form = normalise(text)
        named = by_form.get(form) or {
            label for found in pattern.findall(form) for label in by_form[found]
        }
        return next(iter(named)) if len(named) == 1 else UNPARSED

    return read


def normalise(text: str) -> str:
    """Return the text in lower case, one width and spacing, without surrounding punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\s+", " ", folded).strip(_WRAPPING)


def _any_of(forms: Iterable[str]) -> re.Pattern[str]:
    """Match any form as a word; a longer form is preferred to a shorter one inside it."""
    longest_first = sorted((form for form in forms if form), key=len, reverse=True)
    return re.compile("|".join(_as_word(form) for form in longest_first) or r"(?!)")


def _as_word(form: str) -> str:
    before = "" if form[0] >= _FIRST_UNSPACED else r"(?<!\w)"
    after = "" if form[-1] >= _FIRST_UNSPACED else r"(?!\w)"
    return f"{before}{re.escape(form)}{after}"
