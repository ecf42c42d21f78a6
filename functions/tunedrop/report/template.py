"""Render the templates: every value is escaped, and an undefined name is an error."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from tunedrop.documents import figures
from tunedrop.documents.characters import visible
from tunedrop.report.differences import differences

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, /, **values: object) -> str:
    """Return a template filled with these values.

    Every name that the template uses must be given. The functions of `tunedrop.documents.figures`
    are available as filters (`{{ share | percent }}`).
    """
    return _environment().get_template(template).render(**values)


@cache  # It keeps the compiled templates; compiling one takes longer than rendering it.
def _environment() -> "jinja2.Environment":
    import jinja2  # noqa: PLC0415 - most invocations render nothing, and the import takes 20 ms

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": figures.percent,
        "points": figures.points,
        "signed": figures.signed,
        "value_on": lambda value, scale: figures.SCALES[scale].value(value),
        "gap_on": lambda value, scale: figures.SCALES[scale].gap(value),
        "signed_on": lambda value, scale: figures.SCALES[scale].signed(value),
        "p_value": figures.p_value,
        "usd": figures.usd,
        "duration": figures.duration,
        "minutes": figures.minutes,
        "count": figures.count,
        "moment": figures.moment,
        "differences": differences,
    }
    return environment


def _visible(value: object) -> object:
    """Show hidden characters of a text as escapes; Markup is what a macro has rendered."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value, keep="\t\n\r")
    return value
