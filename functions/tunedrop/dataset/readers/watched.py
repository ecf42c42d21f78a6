"""Source files that report how much of them has been read."""

from collections.abc import Sequence
from typing import BinaryIO, Self, cast

from tunedrop.dataset.readers.source import Progress, SourceFile


class Watch:
    """Counts the bytes read of several files after `begin` was called."""

    def __init__(self, sources: Sequence[SourceFile], progress: Progress | None) -> None:
        self._progress = progress
        self._total = sum(source.size for source in sources)
        self._done = 0
        self._begun = False
        self.sources = [Watched(source, self) for source in sources]

    def begin(self) -> None:
        """Start counting. Earlier readings only examined the beginning of the files."""
        self._begun = True

    def end(self) -> None:
        """Stop counting. Later readings read the same bytes again."""
        self._begun = False

    def add(self, size: int) -> None:
        """Count bytes that were read."""
        if self._begun and self._progress is not None:
            self._done = min(self._done + size, self._total)
            self._progress(self._done, self._total)


class Watched:
    """A source file that reports its reading to a watch."""

    def __init__(self, source: SourceFile, watch: Watch) -> None:
        self._source = source
        self._watch = watch
        self.name = source.name
        self.size = source.size

    def open(self) -> BinaryIO:
        """Return a new stream."""
        return cast("BinaryIO", _WatchedStream(self._source.open(), self._watch))


class _WatchedStream:
    """A binary stream that counts what is read; it has only what the readers use."""

    def __init__(self, stream: BinaryIO, watch: Watch) -> None:
        self._stream = stream
        self._watch = watch

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._watch.add(len(block))
        return block

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
