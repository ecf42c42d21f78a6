"""Whole conversations as one text: Llama's [INST], Alpaca's ### Instruction:, ChatML, Guanaco."""

import re
from collections.abc import Iterator, Sequence

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.conversation import with_answer
from tunedrop.dataset.shapes.example import Example, Kind, text_of
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message, Role

MARKED = 0.9  # Share of the texts in which both markers must stand.

_INST = re.compile(
    r"(?:<s>)?\s*\[INST\](.*?)\[/INST\](.*?)(?=</s>|(?:<s>)?\s*\[INST\]|$)", re.DOTALL
)
_SYSTEM = re.compile(r"\s*<<SYS>>(.*?)<</SYS>>(.*)", re.DOTALL)
_HEADINGS = re.compile(
    r"^(?:###\s*(Instruction|Input|Response|Human|User|Assistant|System|Question|Answer):?"
    r"|<\|im_start\|>(system|user|assistant)\b)[ \t]*",
    re.MULTILINE,
)
_MARK = re.compile(r"\[/INST\]|^###|<\|im_start\|>", re.MULTILINE)
_ROLES: dict[str, Role] = {
    "instruction": "user",
    "input": "user",
    "human": "user",
    "user": "user",
    "question": "user",
    "system": "system",
    "response": "assistant",
    "assistant": "assistant",
    "answer": "assistant",
}
_END = re.compile(r"\s*(?:<\|im_end\|>|</s>|<\|endoftext\|>)\s*$")


def transcripts(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return the mapping of a column whose texts are conversations with well-known markers."""
    return [
        Columns(
            "transcript",
            {"text": name},
            f"The texts of {name!r} are conversations with markers between question and answer.",
        )
        for name in names
        if _are_marked([fields.get(name) for fields in sample])
    ]


def _are_marked(values: Sequence[object]) -> bool:
    """Whether nearly all texts end with an answer behind a marker."""
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    marked = 0
    for text in texts:
        turns = list(_turns(text)) if _MARK.search(text) else []
        asked = any(role == "user" for role, _ in turns)
        marked += asked and turns[-1][0] == "assistant" and bool(turns[-1][1].strip())
    return bool(texts) and marked >= len(texts) * MARKED


def _turns(text: str) -> Iterator[tuple[Role, str]]:
    return _inst_turns(text) if "[/INST]" in text else _headed_turns(text)


def _role(found: re.Match[str]) -> Role:
    return _ROLES[(found.group(1) or found.group(2)).lower()]


class Transcript:
    """One text with the whole conversation; the last answer is learnt."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._text = columns.mapping["text"]

    def example(self, record: Record) -> Example:
        """Turn a text into a conversation."""
        text = text_of(record.fields().get(self._text), self._text)
        messages = [Message(role, said.strip()) for role, said in _turns(text) if said.strip()]
        if not messages:
            raise RowError("no_question", "The text has no markers of a conversation.", self._text)
        return Example(*with_answer(messages, self._text))


def _inst_turns(text: str) -> Iterator[tuple[Role, str]]:
    for found in _INST.finditer(text):
        asked, answer = found.groups()
        system = _SYSTEM.match(asked)
        if system:
            yield "system", system.group(1)
            asked = system.group(2)
        yield "user", asked
        yield "assistant", answer


def _headed_turns(text: str) -> Iterator[tuple[Role, str]]:
    """Yield the turns; an input belongs to the instruction above it.

    Alpaca's own first sentence ("Below is an instruction …") tells the model how the text goes on,
    which the chat template does here, so what stands before the first marker is left out.
    """
    found = list(_HEADINGS.finditer(text))
    waiting: tuple[Role, str] | None = None
    for at, heading in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        said = _END.sub("", text[heading.end() : end]).strip()
        role = _role(heading)
        if waiting and waiting[0] == role == "user":
            waiting = (role, f"{waiting[1]}\n\n{said}")
            continue
        if waiting:
            yield waiting
        waiting = (role, said)
    if waiting:
        yield waiting
