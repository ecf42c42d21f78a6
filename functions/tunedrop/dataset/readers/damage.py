"""Turn the exceptions that damaged files cause into one clear error."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from tunedrop.errors import DatasetError

DAMAGE: tuple[type[Exception], ...] = (
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,  # a compression method or feature that Python's zipfile does not know
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""The exceptions of the standard library's archive readers for damaged input."""


@contextmanager
def reading(name: str, what: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn any exception that a damaged file causes in a reader into a DatasetError.

    Args:
        name: the file's name.
        what: what the file is, such as "Parquet file".
        errors: further exceptions of the reader's library.
    """
    try:
        yield
    except (*DAMAGE, *errors) as error:
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatasetError(
            f"{name} is a damaged or incomplete {what}: it cannot be read ({cause}).",
            "Write or pack the file again and drop it.",
        ) from error
