"""The text of recipe.yaml as YAML nodes and plain values, within narrow limits.

Only what a recipe needs is read: mappings, lists, texts, finite numbers, true, false and null.
Aliases are refused because a few lines of them stand for any amount of data, tags because they
choose the type of a value. Dates and merge keys (`<<`) are texts like any other.
"""

import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

import yaml

from tunedrop.documents.figures import cut
from tunedrop.errors import RecipeError
from tunedrop.recipe.limits import MAX_BYTES, REMEDY, too_large

MAX_INTEGER = 2**63  # Larger integers fit into no document.
MAX_QUOTED = 60  # Characters of a key or value that a message repeats.
AS_TEXT = ("timestamp", "merge", "value")  # Implicit types of YAML 1.1 that a recipe does not have.


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader without aliases and tags; it reads `1e-3` as YAML 1.2 does."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Return the next node; raises RecipeError for an alias or a tag."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            name = cut(str(event.anchor), MAX_QUOTED)
            raise RecipeError(
                f"recipe.yaml, line {line}: aliases such as *{name} are not read.",
                "Write the value itself there, and drop the recipe again.",
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise RecipeError(
                f"recipe.yaml, line {line}: tags such as {cut(tag, MAX_QUOTED)!r} are not read.",
                "Take the word that begins with ! out of recipe.yaml and drop the recipe again.",
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.rpartition(":")[2] not in AS_TEXT]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    "-+0123456789",
)


def nodes_of(text: bytes) -> tuple[yaml.Node | None, Callable[[yaml.Node, str], Any]]:
    """Return the root node, None for an empty text, and a function that returns a node's value.

    The function takes the node and the name of its key, which its errors repeat.

    Raises:
        RecipeError: the text is too large, not UTF-8 or not YAML, or has aliases or tags.
    """
    if len(text) > MAX_BYTES:
        raise too_large()
    try:
        content = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise RecipeError(
            f"recipe.yaml, line {line}: byte {error.start} is not UTF-8.",
            "Save recipe.yaml as UTF-8 and drop it again.",
        ) from None
    try:
        loader = Loader(content)
    except yaml.reader.ReaderError as error:  # a character that YAML does not allow
        line = content.count("\n", 0, error.position) + 1
        _refuse(line, f"the character U+{error.character:04X} is not allowed")
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _refuse((mark.line if mark else loader.line) + 1, error.problem or error.context or "")
    except RecursionError:
        _refuse(loader.line + 1, "it is nested too deeply")
    except (ValueError, OverflowError):  # an escape such as "\UFFFFFFFF"
        _refuse(loader.line + 1, "an escape names no character")
    return root, lambda node, path: _value(loader, node, path)


def _refuse(line: int, problem: str) -> NoReturn:
    raise RecipeError(f"recipe.yaml, line {line}: not valid YAML: {problem}.", REMEDY) from None


def _value(loader: Loader, node: yaml.Node, path: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {
            key.value: _value(loader, value, f"{path}.{key.value}".lstrip("."))
            for key, value in node.value
        }
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, f"{path}[{at}]") for at, item in enumerate(node.value)]
    problem = None
    try:
        value = loader.construct_object(node)
        str(value).encode()  # ValueError for half a surrogate pair and for thousands of digits
        if isinstance(value, float) and not math.isfinite(value):
            problem = "is not a finite number"
        elif isinstance(value, int) and not -MAX_INTEGER < value < MAX_INTEGER:
            problem = "is a number with too many digits"
    except (ValueError, OverflowError):
        problem = "cannot be read"
    if problem:
        raise RecipeError(
            f"recipe.yaml, line {node.start_mark.line + 1}: {path or 'the recipe'}: "
            f"{cut(node.value, MAX_QUOTED)!a} {problem}.",
            REMEDY,
        )
    return value
