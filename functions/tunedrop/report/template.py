"""Render the templates: every value is escaped, and an undefined name is an error."""

from pathlib import Path

import jinja2

from tunedrop.documents import figures

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, /, **values: object) -> str:
    """Return a template filled with these values.

    Every name that the template uses must be given. The functions of `tunedrop.documents.figures`
    are available as filters (`{{ share | percent }}`).
    """
    return _environment().get_template(template).render(**values)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": figures.percent,
        "points": figures.points,
        "signed": figures.signed,
        "p_value": figures.p_value,
        "usd": figures.usd,
        "duration": figures.duration,
        "minutes": figures.minutes,
        "count": figures.count,
        "moment": figures.moment,
    }
    return environment
