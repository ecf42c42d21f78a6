"""Read recipe.yaml: one clear error with the line, and the nearest valid key."""

import difflib
import re
from collections.abc import Iterator

import msgspec
import yaml

from tunedrop.errors import RecipeError
from tunedrop.recipe.instances import CATALOGUE, Catalogue
from tunedrop.recipe.schema import Recipe, Section

# Designed, but not built yet: refused as such, never ignored.
NOT_BUILT = {
    "tune": "hyperparameter tuning",
    "notify": "addresses a recipe; subscribe them to the stack's ReportTopic instead",
    "evaluate.metrics": "a choice of metrics",
    "evaluate.judge": "a judge model",
    "task=extraction": "the task extraction",
    "task=sql": "the task sql",
    "task=preference": "the task preference",
    "task=pretraining": "the task pretraining",
    "method=qlora": "the method qlora",
    "method=full": "the method full",
}
REMEDY = "Correct recipe.yaml and drop the dataset again."
MAX_BYTES = 65_536


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader, reading `1e-3` as the number that YAML 1.2 says it is."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    "-+0123456789",
)


def read_recipe(text: bytes, catalogue: Catalogue = CATALOGUE) -> Recipe:
    """Parse and check a recipe.

    Args:
        text: the bytes of recipe.yaml (UTF-8, at most 64 KiB).
        catalogue: the instance types that exist.

    Raises:
        RecipeError: the text is not YAML, or has an unknown key, a wrong type, a value out of
            range, a key that is not built yet or an instance type that cannot train. The message
            names the line.
    """
    if len(text) > MAX_BYTES:
        raise RecipeError(f"recipe.yaml is larger than {MAX_BYTES} bytes.", REMEDY)
    try:
        root = yaml.compose(text.decode("utf-8-sig"), Loader=Loader)  # its nodes know the lines
        values = yaml.load(text.decode("utf-8-sig"), Loader=Loader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise RecipeError(f"recipe.yaml is not UTF-8 (byte {error.start}).", REMEDY) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise RecipeError(f"recipe.yaml is not valid YAML: {_in_one_line(error)}", REMEDY) from None
    if root is None:
        return Recipe()
    lines = dict(_lines(root, ""))
    _refuse_unknown_keys(root, Recipe, "", lines)
    try:
        recipe = msgspec.convert(values, Recipe)
    except msgspec.ValidationError as error:
        raise RecipeError(_located(str(error), lines), REMEDY) from None
    _refuse_untrainable(recipe, catalogue, lines)
    return recipe


def _refuse_untrainable(recipe: Recipe, catalogue: Catalogue, lines: dict[str, int]) -> None:
    """Raise RecipeError for an instance type on which the training job could only fail."""
    for at, name in enumerate(recipe.training.instances):
        reason = catalogue.why_not_trainable(name)
        if reason is not None:
            path = f"training.instances[{at}]"
            line = lines.get(path, lines.get("training.instances", 1))
            raise RecipeError(
                f"recipe.yaml, line {line}: {path}: {reason}.",
                f"Name one of {', '.join(catalogue.trainable())}, and drop the dataset again.",
            )


def _in_one_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).replace('in "<unicode string>", ', "at ")


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    """Yield (path, 1-based line) of each key and list item; raise for a duplicate key."""
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            yield f"{path}[{at}]", item.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in seen:
            raise RecipeError(
                f"recipe.yaml, line {line}: {key.value!r} stands in line {seen[key.value]} too.",
                REMEDY,
            )
        seen[key.value] = line
        below = f"{path}.{key.value}".lstrip(".")
        yield from _lines(value, below)
        yield below, line


def _refuse_unknown_keys(
    node: yaml.Node, section: type[Section], path: str, lines: dict[str, int]
) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    fields = {field.name: field for field in msgspec.structs.fields(section)}
    for key, value in node.value:
        below = f"{path}.{key.value}".lstrip(".")
        not_built = NOT_BUILT.get(below) or NOT_BUILT.get(f"{below}={value.value}")
        if not_built:
            raise RecipeError(
                f"recipe.yaml, line {lines[below]}: {below}: {not_built} is not built yet.",
                f"Take {below} out of recipe.yaml and drop the dataset again.",
            )
        if key.value not in fields:
            near = difflib.get_close_matches(str(key.value), fields, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(fields)}."
            raise RecipeError(
                f"recipe.yaml, line {lines[below]}: there is no key {below!r}; {hint}", REMEDY
            )
        kind = fields[key.value].type
        if isinstance(kind, type) and issubclass(kind, Section):
            _refuse_unknown_keys(value, kind, below, lines)


def _located(message: str, lines: dict[str, int]) -> str:
    """Turn msgspec's "… - at `$.split.test`" into "line 7: split.test: …"."""
    found = re.search(r" - at `\$\.?([^`]*)`$", message)
    path = found.group(1) if found else ""
    text = message[: found.start()] if found else message
    known = re.sub(r"\[.*", "", path)
    line = lines.get(known, 1)
    return f"recipe.yaml, line {line}: {path or 'the recipe'}: {text[0].lower()}{text[1:]}."
