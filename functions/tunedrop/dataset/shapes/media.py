"""Rows that belong to pictures, sounds or films: only text can be trained on."""

from collections.abc import Iterable
from typing import Any

from tunedrop.dataset.readers.record import Fields, RowError

MEDIA = ("image", "images", "audio", "audios", "video", "videos")
"""Names of columns with files or their paths."""

_FILES = (
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
    ".webp",
    ".bmp",
    ".wav",
    ".mp3",
    ".flac",
    ".mp4",
    ".webm",
)
_PLACEHOLDERS = ("<image>", "<audio>", "<video>")  # As LLaVA and LLaMA-Factory write them.


def refuse_media(fields: Fields) -> None:
    """Raise for a row with a picture, a sound or a film.

    Raises:
        RowError: names the column.
    """
    for name in MEDIA:
        if _is_file(fields.get(name)):
            raise _not_text(f"The row belongs to a file in {name!r}", name)


def _is_file(value: Any) -> bool:
    """Whether a value is a file, names one, or is a list of them; a flag or a word is none."""
    if isinstance(value, str):
        return value.lower().endswith(_FILES) or value.startswith("data:")
    return bool(value) and isinstance(value, list | dict)


def refuse_placeholder(texts: Iterable[str]) -> None:
    """Raise for a text that begins or ends with what stands for a file.

    Raises:
        RowError: names the placeholder.
    """
    for text in texts:
        for each in _PLACEHOLDERS:
            if text.startswith(each) or text.endswith(each):
                raise _not_text(f"A text has {each}, which stands for a file", None)


def _not_text(what: str, column: str | None) -> RowError:
    message = f"{what}; only text can be trained on."
    return RowError("not_text", message, column, "Leave such rows out.")
