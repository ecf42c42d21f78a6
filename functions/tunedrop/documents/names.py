"""Names of runs, jobs, models and endpoints, and the run that a name belongs to."""

import hashlib
import re
import unicodedata

MAX_NAME = 32  # SageMaker's limit for tuning jobs, the shortest of its limits for names.
RUN_ID_LENGTH = 12  # Hex digits.


def run_id(bucket: str, key: str, version_id: str, recipe_digest: str) -> str:
    """Return the run id of an upload with a recipe: 12 hex characters."""
    parts = f"{bucket}\n{key}\n{version_id}\n{recipe_digest}"
    return hashlib.sha256(parts.encode()).hexdigest()[:RUN_ID_LENGTH]


def slug(dataset: str) -> str:
    """Return a readable name of characters that SageMaker accepts (`[a-zA-Z0-9-]`)."""
    ascii_name = unicodedata.normalize("NFKD", dataset).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-") or "dataset"


def resource_name(dataset: str, run: str, attempt: int) -> str:
    """Return `<slug>-<run>-<attempt>`, at most 32 characters in all."""
    tail = f"-{run}-{attempt}"
    return slug(dataset)[: MAX_NAME - len(tail)].strip("-") + tail


def tuned_name(name: str) -> str:
    """Return the name of the model and config to which a full fine-tuning's endpoint is updated.

    `name` is the endpoint's.
    """
    return f"{name}-tuned"


def run_of_resource(name: str) -> tuple[str, int] | None:
    """Return (run, attempt) from a name made by `resource_name`; None for any other name."""
    found = re.fullmatch(rf"[a-z0-9-]+-([0-9a-f]{{{RUN_ID_LENGTH}}})-(\d+)", name)
    return (found.group(1), int(found.group(2))) if found else None
