"""Reads the event files that a training job leaves for TensorBoard.

A file is a sequence of records: the length in eight bytes, its checksum in four, an Event as a
protocol buffer, and that one's checksum in four.
https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/tensorflow_stub/pywrap_tensorflow.py
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tensorboardX.proto.event_pb2 import Event, SessionLog

HEADER = struct.Struct("<QI")
CHECKSUM_BYTES = 4


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Return the figures of all event files of a folder, by their name and step."""
    found: dict[str, dict[int, float]] = {}
    for event in _events(folder):
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def restarts(folder: Path) -> list[int]:
    """Return the steps from which on TensorBoard leaves out what earlier files have."""
    logs = ((event.step, event.session_log.status) for event in _events(folder))
    return [step for step, status in logs if status == SessionLog.START]


def _events(folder: Path) -> Iterator[Any]:
    # A file's name begins with the second in which it was opened.
    for file in sorted(folder.glob("events.out.tfevents.*")):
        content, at = file.read_bytes(), 0
        while at < len(content):
            length, _ = HEADER.unpack_from(content, at)
            at += HEADER.size
            yield Event.FromString(content[at : at + length])
            at += length + CHECKSUM_BYTES
