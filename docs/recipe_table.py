"""Write the table of docs/recipe.md from the recipe's schema: `make docs`.

The types, ranges and defaults are those of `tunedrop.recipe.schema`; what a key means is the text
below its field there.
"""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import inspect as types

from tunedrop.recipe.allowed import allowed, default_of, unwrapped
from tunedrop.recipe.schema import Recipe

PAGE = Path(__file__).with_name("recipe.md")
HEADER = "| key | type | allowed | default | meaning |\n|---|---|---|---|---|\n"

NAMES: dict[type[types.Type], str] = {
    types.StrType: "text",
    types.IntType: "integer",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.LiteralType: "text",
    types.VarTupleType: "list",
    types.DictType: "mapping",
}


class Key(NamedTuple):
    """One key of the recipe, with its field in the schema."""

    name: str
    field: types.Field
    meaning: str

    @property
    def row(self) -> str:
        """The key's line of the table."""
        kind = unwrapped(self.field.type).kind
        cells = (
            f"`{self.name}`",
            NAMES[type(kind)],
            allowed(self.field.type),
            default_of(self.field),
            self.meaning,
        )
        return f"| {' | '.join(cells)} |\n"


def recipe_keys() -> list[Key]:
    """Return every key of the recipe, in the order of the schema."""
    root = types.type_info(Recipe)
    assert isinstance(root, types.StructType)  # noqa: S101 - Recipe is a struct
    return list(_keys_of(root, ""))


def table() -> str:
    """Return the table of docs/recipe.md."""
    return HEADER + "".join(key.row for key in recipe_keys())


def with_table(page: str) -> str:
    """Return the page with its table replaced by the one of the schema."""
    before, _, rest = page.partition("| key |")
    after = rest.partition("\n\n")[2]
    return f"{before}{table()}\n{after}"


def _keys_of(section: types.StructType, path: str) -> Iterator[Key]:
    meanings = _meanings(section.cls)
    for field in section.fields:
        name = f"{path}.{field.name}".lstrip(".")
        kind = unwrapped(field.type).kind
        if isinstance(kind, types.StructType):
            yield from _keys_of(kind, name)
        else:
            yield Key(name, field, meanings[field.name])


def _meanings(section: type[Any]) -> dict[str, str]:
    """Return the text below each field of a section, in one line."""
    body = ast.parse(inspect.getsource(section)).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - the source of a class
    meanings = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            meanings[field.target.id] = _text(text)
    return meanings


def _text(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
