"""What every block of the recipe is made of: the base class, and marks for the documents."""

import msgspec
from msgspec import Meta

FOUND = Meta(extra={"instead": "found"})
"""Marks a key whose value `prepare` finds in the data when the recipe does not give it."""
CHOSEN = Meta(extra={"instead": "chosen"})
"""Marks a key whose value is chosen from the model and the data when the recipe does not give it
(`tunedrop.jobs.choosing`)."""


class Section(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One block of the recipe. Unknown keys are refused."""
