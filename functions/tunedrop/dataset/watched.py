"""A source that tells how much of it has been read."""

from typing import BinaryIO, Self, cast

from tunedrop.dataset.source import Progress, SourceFile


class Watched:
    """A source file whose reading is reported from the moment `begin` is called."""

    def __init__(self, source: SourceFile, progress: Progress | None) -> None:
        self._source = source
        self._progress = progress
        self._begun = False
        self.name = source.name
        self.size = source.size

    def begin(self) -> None:
        """Report from now on: what was read before was only a look at the beginning."""
        self._begun = True

    def open(self) -> BinaryIO:
        """Return a new stream."""
        stream = self._source.open()
        if not self._begun or self._progress is None:
            return stream
        self._begun = False  # the main reading only
        return cast("BinaryIO", _WatchedStream(stream, self._progress, self.size))


class _WatchedStream:
    """The part of a binary stream that the readers use, counted."""

    def __init__(self, stream: BinaryIO, progress: Progress, size: int) -> None:
        self._stream = stream
        self._progress = progress
        self._size = size
        self._done = 0

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._done += len(block)
        self._progress(self._done, self._size)
        return block

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
