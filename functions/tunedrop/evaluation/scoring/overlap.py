"""ROUGE-L and chrF: how much of a right text an answer contains.

ROUGE-L follows Lin, "ROUGE: a package for automatic evaluation of summaries" (2004), and chrF
Popovic, "chrF: character n-gram F-score for automatic MT evaluation" (2015), with the choices of
rouge-score 0.1.2 (no stemming) and sacrebleu 2.6 (sentence_chrf). The report gives the mean over
the rows.
"""

import re
from collections import Counter
from functools import lru_cache

ORDERS = range(1, 7)  # Lengths of the character n-grams.
BETA = 2  # Recall weighs twice as much as precision.
REMEMBERED = 4_096  # Texts whose words or n-grams are kept; a right answer is compared often.
_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"([\u2e80-\u9fff\uf900-\ufaff])")


def rouge_l(prediction: str, gold: str) -> float:
    """Return the F1 of the longest common subsequence of words, 0 to 1.

    Words are compared in lower case and without punctuation; Chinese and Japanese characters are
    words of their own. When one of the two texts has no words, the result is 1 if both have none.
    """
    predicted, right = _words(prediction), _words(gold)
    if not predicted or not right:
        return float(predicted == right)
    return 2 * _common_subsequence(predicted, right) / (len(predicted) + len(right))


def chrf(prediction: str, gold: str) -> float:
    """Return chrF2, 0 to 1: precision and recall of character n-grams, without white space.

    Both are averages over the lengths 1 to 6 that exist in both texts. When one of the two texts is
    empty, the result is 1 if both are.
    """
    predicted, right = _grams(prediction), _grams(gold)
    precision, recall, orders = 0.0, 0.0, 0
    for mine, other in zip(predicted, right, strict=True):
        if mine and other:
            shared = (mine & other).total()
            precision += shared / mine.total()
            recall += shared / other.total()
            orders += 1
    if not orders:
        return float(predicted == right)
    precision, recall = precision / orders, recall / orders
    weighted = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / weighted if weighted else 0.0


@lru_cache(maxsize=REMEMBERED)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_CJK.sub(r" \1 ", text.lower())))


@lru_cache(maxsize=REMEMBERED)
def _grams(text: str) -> tuple[Counter[str], ...]:
    dense = "".join(text.split())
    return tuple(
        Counter(dense[at : at + order] for at in range(len(dense) - order + 1)) for order in ORDERS
    )


def _common_subsequence(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Return the length of the longest common subsequence.

    A bit for each word of `one` says that the length does not grow there (Crochemore et al., "A
    fast and practical bit-vector algorithm for the longest common subsequence problem", 2001).
    """
    where: dict[str, int] = {}
    for at, word in enumerate(one):
        where[word] = where.get(word, 0) | 1 << at
    every = (1 << len(one)) - 1
    flat = every
    for word in other:
        here = flat & where.get(word, 0)
        flat = ((flat + here) | (flat - here)) & every
    return len(one) - flat.bit_count()
