"""Labels that are probably misspellings of another label."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

MIN_RATIO = 10  # The right label has at least this many times the rows of a misspelled one.
MIN_LETTERS = 4  # In a shorter word, one different letter usually means another word.


class Slip(NamedTuple):
    """A rare label, the number of its rows, and the label that was probably meant."""

    label: str
    rows: int
    meant: str


def slips(counts: Mapping[str, int]) -> Iterator[Slip]:
    """Yield the labels that differ in one letter from a label that is ten times as frequent.

    Args:
        counts: the number of rows of each label.
    """
    common = sorted(counts, key=lambda label: (-counts[label], label))
    for label, meant in product(sorted(counts), common):
        if counts[label] * MIN_RATIO <= counts[meant] and _is_slip(
            label.casefold(), meant.casefold()
        ):
            yield Slip(label, counts[label], meant)


def _is_slip(one: str, other: str) -> bool:
    """Whether exactly one word differs, by one letter."""
    ones, others = one.split(), other.split()
    if len(ones) != len(others):
        return False
    differing = [pair for pair in zip(ones, others, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and _differ_in_one_letter(*differing[0])


def _differ_in_one_letter(one: str, other: str) -> bool:
    """Whether one letter is missing, added, replaced, or swapped with the next one."""
    short, long = sorted((one, other), key=len)
    if len(short) < MIN_LETTERS or len(long) - len(short) > 1:
        return False
    at = next((at for at, letter in enumerate(short) if letter != long[at]), len(short))
    if not all(char.isalpha() for char in (short[at : at + 1] + long[at : at + 1])):
        return False  # class1 and class2 are different labels, and so are >50K and <50K
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    replaced = short[at + 1 :] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return replaced or swapped
