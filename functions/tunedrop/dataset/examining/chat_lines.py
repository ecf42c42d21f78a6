"""The way of most rows: sound conversations in JSON Lines, with few steps of Python for each."""

from collections.abc import Callable
from typing import Any

import msgspec

from tunedrop.dataset.duplicates.candidates import candidate
from tunedrop.dataset.examining.batch import Batch
from tunedrop.dataset.examining.labels import LONGEST_LABEL
from tunedrop.dataset.readers.record import Chunk
from tunedrop.documents.rows import Turn


class ChatRow(msgspec.Struct, gc=False):
    """`document.Row` of turns that are nothing but text; the same JSON."""

    row: int
    prompt: list[Turn]
    completion: list[Turn]


class ChatLines:
    """Examines lines that hold messages with a role and a text, and nothing to complain about."""

    def __init__(self, column: str, seed: int) -> None:
        self._seed = seed
        field = msgspec.field(name=column)
        # A row that has tools does not decode: it is for others.
        none = [("tools", None, None), ("functions", None, None)]
        chat = msgspec.defstruct("Chat", [("messages", list[Turn], field), *none], gc=False)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(chat).decode
        self._encode = msgspec.json.Encoder().encode_into

    def examine(self, chunk: Chunk, batch: Batch, other: Callable[[int, bytes], None]) -> None:
        """Add the sound lines of a chunk to a batch; all others are passed on with their number.

        Args:
            chunk: with lines.
            batch: what is added to.
            other: takes the number of a line within the chunk, and the line.
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
                if not text or text.strip() is not text:  # the very same when nothing is stripped
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
