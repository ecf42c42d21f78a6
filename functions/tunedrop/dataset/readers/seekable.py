"""Formats whose table of contents stands at the end need a file that can seek."""

import io
import shutil
import tempfile
from contextlib import ExitStack
from typing import BinaryIO, cast

from tunedrop.dataset.source import SourceFile

IN_MEMORY = 8 << 20  # bytes; a larger copy is a file


def seekable(source: SourceFile, resources: ExitStack) -> BinaryIO:
    """Return the whole source as a stream that can seek; `resources` closes it."""
    stream = resources.enter_context(source.open())
    if isinstance(stream, io.BufferedReader | io.BytesIO) and stream.seekable():
        return stream
    copy = resources.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115
    shutil.copyfileobj(stream, copy, 1 << 20)
    copy.seek(0)
    return cast("BinaryIO", copy)
