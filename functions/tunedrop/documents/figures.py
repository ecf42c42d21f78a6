"""Format figures for people: percentages, points, p values, money, durations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp
from typing import Literal

MINUS = "\u2212"


def percent(share: float) -> str:
    """Return 0.655 as "65.5%"."""
    return f"{share * 100:.1f}%"


def points(difference: float) -> str:
    """Return 0.465 as "+46.5 points": the difference of two percentages."""
    return f"{signed(difference)} points"


def signed(difference: float) -> str:
    """Return 0.465 as "+46.5"."""
    text = f"{abs(difference) * 100:.1f}"
    sign = "" if text == "0.0" else "+" if difference > 0 else MINUS
    return sign + text


ScaleName = Literal["percent", "nats", "perplexity"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """How the values of a metric and their differences are written."""

    name: ScaleName
    value: Callable[[float], str]
    """A value: "65.5%"."""
    signed: Callable[[float], str]
    """A difference without its unit: "+46.5"."""
    gap: Callable[[float], str]
    """A difference with its unit: "+46.5 points"."""
    size: Callable[[float], str]
    """The size of a difference: "5 points"."""
    unit: str
    """The unit of a difference in the head of a table."""

    @property
    def is_share(self) -> bool:
        """Whether the values are shares between 0 and 1."""
        return self.name == "percent"


def _plus(number: str, value: float) -> str:
    sign = "" if not number.strip("0.") else "+" if value > 0 else MINUS
    return sign + number


def _nats(value: float) -> str:
    return _plus(f"{abs(value):.3f}", value)


def _of_perplexity(difference: float) -> str:
    """Return how a difference in log-likelihood a token changes the perplexity."""
    change = exp(-difference) - 1
    return _plus(f"{abs(change) * 100:.1f}", change) + "%"


PERCENT = Scale(
    name="percent",
    value=percent,
    signed=signed,
    gap=points,
    size=lambda difference: f"{difference * 100:g} points",
    unit="points",
)
NATS = Scale(
    name="nats",
    value=_nats,
    signed=_nats,
    gap=lambda difference: f"{_nats(difference)} nats a token",
    size=lambda difference: f"{difference:g} nats a token",
    unit="nats a token",
)
PERPLEXITY = Scale(
    name="perplexity",
    value=lambda likelihood: f"{exp(-likelihood):,.2f}",
    signed=_of_perplexity,
    gap=lambda difference: f"{_of_perplexity(difference)} perplexity",
    size=lambda difference: f"{(1 - exp(-difference)) * 100:.2g}% of the perplexity",
    unit="% of the perplexity",
)
"""Values are mean log-likelihoods of a token, of which perplexity is exp(-value)."""

SCALES: dict[ScaleName, Scale] = {each.name: each for each in (PERCENT, NATS, PERPLEXITY)}


def p_value(p: float) -> str:
    """Return "p < 0.0001" or "p = 0.031"."""
    if p < 0.0001:  # noqa: PLR2004 - exact enough for a report
        return "p < 0.0001"
    return f"p = {p:.2g}" if p < 0.1 else f"p = {p:.2f}"  # noqa: PLR2004 - two significant digits


def count(number: int, one: str, many: str | None = None) -> str:
    """Return "1 row", "1,200 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def usd(amount: float | None) -> str:
    """Return "$0.42", "less than $0.01", or "unknown"."""
    if amount is None:
        return "unknown"
    return "less than $0.01" if 0 < amount < 0.01 else f"${amount:,.2f}"  # noqa: PLR2004 - a cent


def duration(seconds: float) -> str:
    """Return "42 s", "1 min 56 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - minutes an hour
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def minutes(hours: float) -> str:
    """Return 0.25 as "15 min" and 2.5 as "2 h 30 min"."""
    whole = max(1, round(hours * 60))
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60} min"  # noqa: PLR2004


def cut(text: str, length: int) -> str:
    """Return the text, cut with an ellipsis when it is longer than `length` characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def moment(iso: str) -> str:
    """Return "2026-11-23T14:31:07Z" as "23 November 2026, 14:31 UTC"; other text as it is."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    at = when.astimezone(UTC) if when.tzinfo else when
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
