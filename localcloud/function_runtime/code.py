"""Unpacked packages and layers: one folder for each content, shared by all processes.

They are kept when localcloud ends: to remove some 5,000 files took 20 seconds, and to unpack them
again delayed the first event of the next start.
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
"""The product needs three: the functions and two layers. The least recently used are removed."""


class CodeStore:
    """Unpacks archives below a folder that only one localcloud uses at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._used: dict[str, Path] = {}

    def unpack(self, name: str, archive: bytes) -> Path:
        """Return the folder with the content of a zip archive.

        One CodeStore expects the same content for the same name. The folders are named after
        contents, because a layer's ARN stands for another content after the next deployment.
        """
        with self._lock:
            if name not in self._used:
                target = self._folder / hashlib.sha256(archive).hexdigest()[:32]
                self._used[name] = target
                if target.exists():
                    target.touch()
                else:
                    self._extract(archive, target)
                    self._remove_oldest()
            return self._used[name]

    def _extract(self, archive: bytes, target: Path) -> None:
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)  # left by a localcloud that was killed
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            packed.extractall(partial)
        partial.rename(target)
        target.touch()

    def _remove_oldest(self) -> None:
        folders = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for folder in folders[:-KEPT_FOLDERS]:
            if folder not in self._used.values():
                shutil.rmtree(folder, ignore_errors=True)
