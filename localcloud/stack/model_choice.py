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
DEMO = "demo"
"""The folder of the demo's model below the state."""


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

        Raises LocalCloudError like `needs_the_demo`, or when the model cannot be fetched.
        """
        if self.needs_the_demo(state_dir):
            return {demo_model.MODEL_ID: demo_model.provide(state_dir / DEMO, say)}
        return self.given

    def needs_the_demo(self, state_dir: Path) -> bool:
        """Tell whether the demo's model has to be put into the bucket.

        Raises LocalCloudError when the recipe names a base model that is neither given nor in the
        bucket.
        """
        if self.dataset is None and self.given:
            return False
        model_id, revision = self._wanted(state_dir)
        if (model_id in self.given and revision == REVISION) or _stored(
            state_dir, f"models/{model_id}/{revision}/manifest.json"
        ):
            return False
        if (model_id, revision) != (demo_model.MODEL_ID, REVISION) or self.given:
            raise LocalCloudError(_missing(model_id, revision, self.given))
        return True

    def _wanted(self, state_dir: Path) -> tuple[str, str]:
        """The id and revision of the recipe that the run will use, else the product's default."""
        recipe = self.recipe
        if recipe is None and self.dataset is not None:
            recipe = _stored(state_dir, f"datasets/{self.dataset}/{RECIPE}")
        model_id, _, revision = (_base_model(recipe) if recipe else "").partition("@")
        return model_id or demo_model.MODEL_ID, revision or REVISION


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


def _missing(model_id: str, revision: str, given: Mapping[str, Path]) -> str:
    """The error for a missing base model, with its remedies."""
    missing = f"the recipe's base model {model_id}@{revision} is not here"
    if revision != REVISION:
        return f"{missing}: --model gives the revision {REVISION} only, so leave @{revision} out"
    if not given:
        return f"{missing}: give its Hugging Face directory with --model {model_id}=DIR"
    return (
        f"{missing}, and --model gives {', '.join(given)}: add --model {model_id}=DIR, or write "
        f"`base_model: {next(iter(given))}` into a recipe and name it with --recipe"
    )
