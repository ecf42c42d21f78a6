"""The mapping that the recipe names, completely or in part."""

from collections.abc import Sequence

import msgspec

from tunedrop.dataset.readers.record import Fields
from tunedrop.dataset.shapes.content import label_columns, text_columns
from tunedrop.dataset.shapes.scores import scored_by_content
from tunedrop.documents.dataset import Columns
from tunedrop.errors import DatasetError

_REQUIRED = (
    ("preference", ("chosen", "rejected")),
    ("kto", ("prompt", "completion", "label")),
    ("kto", ("messages", "label")),
    ("messages", ("messages",)),
    ("prompt_completion", ("prompt", "completion")),
    ("text_label", ("text", "label")),
)
_PARTNERS = {"text": "label", "label": "text", "prompt": "completion", "completion": "prompt"}


def by_recipe(named: dict[str, str]) -> list[Columns]:
    """Return the mapping if the recipe names it completely."""
    for shape, required in _REQUIRED:
        if all(role in named for role in required):
            return [Columns(shape, named, "The recipe names the columns.")]
    return []


def completed(
    named: dict[str, str], guesses: list[Columns], sample: Sequence[Fields], names: Sequence[str]
) -> list[Columns]:
    """Return the mappings that contain the columns which the recipe names.

    Raises:
        DatasetError: no column fits the missing role.
    """
    system = {"system": named["system"]} if "system" in named else {}
    agreeing = [
        msgspec.structs.replace(guess, mapping={**guess.mapping, **system})
        for guess in guesses
        if named.items() - system.items() <= guess.mapping.items()
    ]
    for role, partner in _PARTNERS.items():
        if role in named and partner not in named:
            others = [name for name in names if name not in named.values()]
            find = label_columns if partner == "label" else text_columns
            shape = "text_label" if "label" in (role, partner) else "prompt_completion"
            agreeing += [
                Columns(
                    shape,
                    {**named, partner: other},
                    f"The recipe names the {role}; {other!r} is taken as the {partner}.",
                )
                for other in find(sample, others)
            ]
    asks = named.get("text") or named.get("prompt")
    if asks and not agreeing:
        others = [name for name in names if name not in named.values()]
        agreeing += scored_by_content(sample, [asks, *others])
    if named.keys() == {"text"}:
        agreeing.append(Columns("text", named, "The recipe names only the text."))
    if agreeing:
        return agreeing
    raise DatasetError(
        f"The recipe names only the columns {', '.join(named)}, and no other fits.",
        "Name text and label, or prompt and completion, or messages, or chosen and rejected.",
    )
