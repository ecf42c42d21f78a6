"""Read recipe.yaml: one clear error with the line, and the nearest valid key."""

import difflib
import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import yaml

from tunedrop.documents.figures import cut
from tunedrop.errors import RecipeError
from tunedrop.recipe.allowed import allowed, default_of, field_at
from tunedrop.recipe.instances import CATALOGUE, Catalogue
from tunedrop.recipe.limits import REMEDY, Limits, refuse_beyond_limits
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.section import Section
from tunedrop.recipe.tuning import SpaceError, check_tune
from tunedrop.recipe.yaml_text import MAX_QUOTED, nodes_of

# Designed, but not built yet: refused as such, never ignored.
NOT_BUILT = {
    "notify": "addresses a recipe; subscribe them to the stack's ReportTopic instead",
    "evaluate.metrics": "a choice of metrics",
    "evaluate.judge": "a judge model",
}
MAX_MESSAGE = 300  # Characters of a message about a value; it repeats the value.


def read_recipe(
    text: bytes, catalogue: Catalogue = CATALOGUE, limits: Limits | None = None
) -> Recipe:
    """Parse and check a recipe.

    Args:
        text: the bytes of recipe.yaml (UTF-8, at most 64 KiB).
        catalogue: the instance types that exist.
        limits: what the stack allows; None allows everything.

    Raises:
        RecipeError: the text is not YAML, or has an unknown key, a wrong type, a value out of
            range or beyond the stack's limits, a key that is not built yet, an instance type
            that cannot train, or repeated answers at temperature 0. The message names the line.
    """
    root, value_of = nodes_of(text)
    recipe, lines = Recipe(), dict[str, int]()
    if root is not None:
        lines = dict(_lines(root, ""))
        _refuse_unknown_keys(root, Recipe, "", lines)
        values = _plain(value_of(root, ""))
        try:
            recipe = msgspec.convert(values, Recipe)
        except msgspec.ValidationError as error:
            raise RecipeError(_located(str(error), lines, values), REMEDY) from None
        _refuse_untrainable(recipe, catalogue, lines)
        _refuse_equal_repeats(recipe, lines)
        _refuse_unsearchable(recipe, lines)
    return refuse_beyond_limits(recipe, limits, lines) if limits else recipe


def _plain(values: Any) -> Any:
    """Return the values with each word in the form that the schema has."""
    if isinstance(values, dict):
        if values.get("hyperparameters") == "auto":
            values["hyperparameters"] = {}
        for key in ("early_stopping", "probe"):
            if values.get(key) is False:
                values[key] = "off"  # YAML 1.1 reads the word as false.
    return values


def _refuse_untrainable(recipe: Recipe, catalogue: Catalogue, lines: dict[str, int]) -> None:
    """Raise RecipeError for an instance type on which the training job could only fail."""
    for at, name in enumerate(recipe.training.instances):
        reason = catalogue.why_not_trainable(name, recipe.method)
        if reason is not None:
            path = f"training.instances[{at}]"
            line = lines.get(path, lines.get("training.instances", 1))
            others = ", ".join(catalogue.trainable(recipe.method))
            raise RecipeError(
                f"recipe.yaml, line {line}: {path}: {reason}.",
                f"Name one of {others}, and drop the recipe again.",
            )


def _refuse_equal_repeats(recipe: Recipe, lines: dict[str, int]) -> None:
    """Raise RecipeError for several answers to a row that would all be the same."""
    if recipe.evaluate.repeats == 1 or recipe.generation.temperature > 0:
        return
    raise RecipeError(
        f"recipe.yaml, line {lines['evaluate.repeats']}: evaluate.repeats: "
        f"{recipe.evaluate.repeats} answers to a row are all the same at temperature 0.",
        "Write a generation.temperature above 0 too, or take evaluate.repeats out; then drop the "
        "recipe again.",
    )


def _refuse_unsearchable(recipe: Recipe, lines: dict[str, int]) -> None:
    """Raise RecipeError for a search that SageMaker or the training would refuse."""
    if recipe.tune is None:
        return
    if recipe.mlflow:
        raise RecipeError(
            f"recipe.yaml, line {lines['mlflow']}: mlflow: SageMaker records no tuning in MLflow.",
            "Take mlflow or tune out of recipe.yaml, and drop it again.",
        )
    try:
        check_tune(recipe.tune, recipe.hyperparameters)
    except SpaceError as error:
        line = lines.get(error.path, lines["tune"])
        raise RecipeError(f"recipe.yaml, line {line}: {error.path} {error}.", REMEDY) from None


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
        if not isinstance(key, yaml.ScalarNode):
            raise RecipeError(f"recipe.yaml, line {line}: a key must be a word.", REMEDY)
        if key.value in seen:
            raise RecipeError(
                f"recipe.yaml, line {line}: {_quoted(key.value)} stands in line "
                f"{seen[key.value]} too.",
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
        not_built = NOT_BUILT.get(below)
        if not_built:
            raise RecipeError(
                f"recipe.yaml, line {lines[below]}: {below}: {not_built} is not built yet.",
                f"Take {below} out of recipe.yaml and drop it again.",
            )
        if key.value not in fields:
            near = difflib.get_close_matches(key.value[:MAX_QUOTED], fields, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(fields)}."
            raise RecipeError(
                f"recipe.yaml, line {lines[below]}: there is no key {_quoted(below)}; {hint}",
                REMEDY,
            )
        if block := _section_of(fields[key.value].type):
            _refuse_unknown_keys(value, block, below, lines)


def _section_of(kind: Any) -> type[Section] | None:
    """Return the block that a key has, also one that may be left out; None for a value."""
    kinds = get_args(kind) or (kind,)
    blocks = (each for each in kinds if isinstance(each, type) and issubclass(each, Section))
    return next(blocks, None)


def _quoted(key: str) -> str:
    """Return a key as a message shows it: not too long, without control characters."""
    return ascii(cut(key, MAX_QUOTED)) if not key.isprintable() else repr(cut(key, MAX_QUOTED))


def _located(message: str, lines: dict[str, int], values: Any) -> str:
    """Turn msgspec's "… - at `$.split.test`" into "line 7: split.test: …", with what is allowed."""
    found = re.search(r" - at `\$\.?([^`]*)`$", message)
    path = found.group(1) if found else ""
    text = cut(message[: found.start()] if found else message, MAX_MESSAGE)
    known = re.sub(r"\[.*", "", path)
    line = lines.get(known, 1)
    place = f"recipe.yaml, line {line}: {path or 'the recipe'}"
    return f"{place}: {text[0].lower()}{text[1:]}{_allowed_at(known, values)}."


def _allowed_at(path: str, values: Any) -> str:
    """Return the value at a path, the allowed values and the default, as the end of a message."""
    field = field_at(Recipe, path)
    if field is None:
        return ""
    for name in path.split("."):
        values = values.get(name) if isinstance(values, dict) else None
    given = cut(ascii(values), MAX_QUOTED)
    ranges = f"allowed: {allowed(field.type)}; default: {default_of(field)}"
    return f" (given: {given}; {ranges.replace('`', '')})"
