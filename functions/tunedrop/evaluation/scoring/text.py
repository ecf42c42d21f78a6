"""Exact match and token F1 of two texts, as SQuAD scores them.

The rules are those of the SQuAD 2.0 evaluation script (Rajpurkar et al., 2018): case, ASCII
punctuation, English articles and white space do not count. Chinese and Japanese characters are
tokens of their own, as in the MLQA script (Lewis et al., 2020): they are written without spaces.
"""

import re
import string
from collections import Counter

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_TOKEN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]|[^\s\u2e80-\u9fff\uf900-\ufaff]+")


def tokens(text: str) -> list[str]:
    """Return the words that are compared."""
    return _TOKEN.findall(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)))


def exact_match(prediction: str, gold: str) -> float:
    """Return 1 when both texts have the same words in the same order, else 0."""
    return float(tokens(prediction) == tokens(gold))


def token_f1(prediction: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall over words, 0 to 1.

    When one of the two has no words, the result is 1 if both have none, else 0.
    """
    predicted, right = tokens(prediction), tokens(gold)
    if not predicted or not right:
        return float(predicted == right)
    shared = (Counter(predicted) & Counter(right)).total()
    return 2 * shared / (len(predicted) + len(right))
