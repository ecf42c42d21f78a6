"""Unpacked packages and layers, one folder a content, shared by every process that runs it."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class CodeStore:
    """Unpacks archives below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def unpack(self, name: str, archive: bytes) -> Path:
        """Return the folder with the content of a zip archive, unpacked once for each `name`."""
        target = self._folder / hashlib.sha256(name.encode()).hexdigest()[:32]
        with self._lock:
            if not target.exists():
                partial = target.with_suffix(".partial")
                with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                    packed.extractall(partial)
                partial.rename(target)
        return target
