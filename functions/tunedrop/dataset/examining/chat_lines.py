"""Fast path for chat rows in JSON Lines that need no cleaning."""

from collections.abc import Callable
from typing import Any

import msgspec

from tunedrop.dataset.duplicates.keys import candidate
from tunedrop.dataset.examining.batch import Batch
from tunedrop.dataset.readers.record import Chunk
from tunedrop.dataset.shapes.content import LONGEST_LABEL
from tunedrop.dataset.shapes.media import MEDIA
from tunedrop.dataset.shapes.tools import NAMES as TOOLS
from tunedrop.documents.rows import Turn


class ChatRow(msgspec.Struct, gc=False):
    """`documents.rows.Row` whose messages consist of text alone; it has the same JSON."""

    row: int
    prompt: list[Turn]
    completion: list[Turn]


class ChatLines:
    """Examines lines whose messages have a role and a text and need no correction."""

    def __init__(self, column: str, seed: int) -> None:
        self._seed = seed
        field = msgspec.field(name=column)
        # A row with tools or files does not decode and takes the slower path.
        none = [(name, None, None) for name in (*TOOLS, *MEDIA)]
        chat = msgspec.defstruct("Chat", [("messages", list[Turn], field), *none], gc=False)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(chat).decode
        self._encode = msgspec.json.Encoder().encode_into

    def examine(self, chunk: Chunk, batch: Batch, other: Callable[[int, bytes], None]) -> None:
        """Add the lines of a chunk that need no correction to a batch; pass on all others.

        Args:
            chunk: with lines.
            batch: receives the rows.
            other: called with the number of a line within the chunk, and the line.
        """
        decode, seed, encoded = self._decode, self._seed, batch.encoded
        encode, end = self._encode, 0
        keys, rows, sizes = batch.candidates.append, batch.rows.append, batch.sizes.append
        characters = batch.characters.append
        for row, line in enumerate(chunk.lines, chunk.row + 1):
            try:
                turns = decode(line).messages
            except (ValueError, RecursionError):
                turns = []
            length = 0
            for turn in turns:
                text = turn.content
                # `strip` returns the same object if nothing is stripped.
                if not text or text.strip() is not text:
                    break
                length += len(text)
            else:
                if len(turns) > 1 and turns[-1].role == "assistant" and turns[-2].role == "user":
                    keys(candidate(turns[-2], seed))
                    if batch.answers is not None:
                        batch.add_answer(turns[-1].content, LONGEST_LABEL)
                    encode(ChatRow(row, turns[:-1], turns[-1:]), encoded, -1)
                    encoded += b"\n"
                    rows(row)
                    sizes(len(encoded) - end)
                    characters(length)
                    end = len(encoded)
                    continue
            other(row - chunk.row, line)
            end = len(encoded)
