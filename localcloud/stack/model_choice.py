"""Chooses the base models that are put into the bucket, before anything else starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from localcloud.service import LocalCloudError
from localcloud.stack import demo_model
from localcloud.stack.base_model import REVISION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

RECIPE = "recipe.yaml"
"""The name of a recipe beside a dataset's files."""
EARLIER_RUN = "run:"
"""What stands before the dataset and id of a run that is continued."""
DEMO = "demo"
"""The folder of the demo's model below the state."""
DEMO_NAMES = ((demo_model.MODEL_ID, ""), (demo_model.MODEL_ID, REVISION))
"""Id and revision of the demo's model, as a recipe may name it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelChoice:
    """What the choice of base models depends on."""

    given: Mapping[str, Path]
    """`--model`: Hugging Face directories by id."""
    dataset: str | None = None
    """The dataset that is about to be dropped; None when any dataset may be dropped later."""
    recipe: Path | None = None
    """The recipe that is about to be dropped with it."""

    def models(self, state_dir: Path, say: Callable[[str], None]) -> Mapping[str, Path]:
        """Return directories by id; the demo's model is fetched when it is needed and missing.

        A missing model that the recipe names is left to the run, whose own job fetches it.

        Raises LocalCloudError like `needs_the_demo`, or when the demo's model cannot be fetched.
        """
        if self.needs_the_demo(state_dir):
            demo = demo_model.provide(state_dir / DEMO, say)
            return {**self.given, demo_model.MODEL_ID: demo}
        if self._is_left_to_the_run(state_dir):
            say(f"the base model {self._named(state_dir)} is not here: the run fetches it")
        return self.given

    def needs_the_demo(self, state_dir: Path) -> bool:
        """Tell whether the demo's model has to be put into the bucket.

        Raises LocalCloudError when no recipe names a base model, and others than the default are
        given.
        """
        if (self.dataset is None and self.given) or self._is_here(state_dir):
            return False
        named = self._named(state_dir)
        if not named and self.given:
            raise LocalCloudError(_missing(self.given))
        return not named or named.partition("@")[::2] in DEMO_NAMES

    def _is_left_to_the_run(self, state_dir: Path) -> bool:
        return bool(self._named(state_dir)) and not self._is_here(state_dir)

    def _is_here(self, state_dir: Path) -> bool:
        """Whether the base model of the run is given or in the bucket.

        That of an earlier run is not looked up: it was there when that run was trained.
        """
        named = self._named(state_dir)
        if named.startswith(EARLIER_RUN):
            return True
        model_id, _, revision = named.partition("@")
        model_id, revision = model_id or demo_model.MODEL_ID, revision or REVISION
        is_given = model_id in self.given and revision == REVISION
        key = f"models/{model_id}/{revision}/manifest.json"
        return is_given or _stored(state_dir, key) is not None

    def _named(self, state_dir: Path) -> str:
        """`base_model` of the recipe that the run will use; empty when it names none."""
        recipe = self.recipe
        if recipe is None and self.dataset is not None:
            recipe = _stored(state_dir, f"datasets/{self.dataset}/{RECIPE}")
        return _base_model(recipe) if recipe else ""


def _base_model(recipe: Path) -> str:
    """`base_model` of a recipe; empty when the recipe is invalid, which the product reports."""
    try:
        document = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return ""
    named = document.get("base_model") if isinstance(document, dict) else None
    return named if isinstance(named, str) else ""


def _stored(state_dir: Path, key: str) -> Path | None:
    """The file of an object of an earlier localcloud: objects/<account>/<bucket>/<key>."""
    found = [path for path in (state_dir / "objects").glob("*/*") if (path / key).is_file()]
    return found[0] / key if found else None


def _missing(given: Mapping[str, Path]) -> str:
    """The error when no recipe says which of the given models is meant."""
    wanted, first = demo_model.MODEL_ID, next(iter(given))
    return (
        f"no recipe names a base model, so it is {wanted}, and --model gives {', '.join(given)}: "
        f"add --model {wanted}=DIR, or write `base_model: {first}` into a recipe and name it with "
        "--recipe"
    )
