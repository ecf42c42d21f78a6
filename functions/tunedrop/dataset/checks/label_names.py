"""Labels that are probably another label with a slip of the pen."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

RARER = 10  # times, than the label that was probably meant; two usual labels are two labels
SHORTEST = 4  # letters of the word with the slip; of shorter words one letter is too much


class Slip(NamedTuple):
    """A rare label, how many rows carry it, and the label that was probably meant."""

    label: str
    rows: int
    meant: str


def slips(counts: Mapping[str, int]) -> Iterator[Slip]:
    """Yield the labels that differ in one letter from one at least ten times as common.

    Args:
        counts: rows a label.
    """
    common = sorted(counts, key=lambda label: (-counts[label], label))
    for label, meant in product(sorted(counts), common):
        if counts[label] * RARER <= counts[meant] and _is_slip(label.casefold(), meant.casefold()):
            yield Slip(label, counts[label], meant)


def _is_slip(one: str, other: str) -> bool:
    """Whether exactly one of the words differs, and that by one letter."""
    ones, others = one.split(), other.split()
    if len(ones) != len(others):
        return False
    differing = [pair for pair in zip(ones, others, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and _differ_in_one_letter(*differing[0])


def _differ_in_one_letter(one: str, other: str) -> bool:
    """Whether a letter is left out, added, replaced, or swapped with the next."""
    short, long = sorted((one, other), key=len)
    if len(short) < SHORTEST or len(long) - len(short) > 1:
        return False
    at = next((at for at, letter in enumerate(short) if letter != long[at]), len(short))
    if any(char.isdigit() for char in (short[at : at + 1] + long[at : at + 1])):
        return False  # class1 and class2 are meant
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    replaced = short[at + 1 :] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return replaced or swapped
