"""Unpacked packages and layers, one folder a content, shared by every process that runs it.

They are kept when localcloud ends: removing some 5,000 files took it 20 seconds, and unpacking
them again delayed the first event of the next start.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import threading
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEPT_FOLDERS = 4
"""The product needs three: the functions and two layers. What was used longest ago goes first."""


class CodeStore:
    """Unpacks archives below a folder, which one localcloud uses at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._used: dict[str, Path] = {}

    def unpack(self, name: str, archive: bytes) -> Path:
        """Return the folder with the content of a zip archive.

        While this object lives, a name means one content; the folders are named after contents,
        because a layer's ARN means another one after the next deployment.
        """
        with self._lock:
            if name not in self._used:
                target = self._folder / hashlib.sha256(archive).hexdigest()[:32]
                self._used[name] = target
                if target.exists():
                    target.touch()
                else:
                    self._extract(archive, target)
                    self._forget_oldest()
            return self._used[name]

    def _extract(self, archive: bytes, target: Path) -> None:
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)  # of a localcloud that was killed
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            packed.extractall(partial)
        partial.rename(target)
        target.touch()

    def _forget_oldest(self) -> None:
        folders = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for folder in folders[:-KEPT_FOLDERS]:
            if folder not in self._used.values():
                shutil.rmtree(folder, ignore_errors=True)
