"""Prompt and completion, also for Alpaca, text to SQL and question answering."""

from collections.abc import Sequence
from typing import Any

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.conversation import conversation, with_answer
from tunedrop.dataset.shapes.dialogue import example_of
from tunedrop.dataset.shapes.example import Example, Kind, text_of
from tunedrop.dataset.shapes.media import refuse_media
from tunedrop.dataset.shapes.messages import system_of
from tunedrop.dataset.shapes.template import Template
from tunedrop.dataset.shapes.tools import tools_of
from tunedrop.dataset.shapes.weights import up_to_last_trained
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message


class Asked:
    """The prompt side of a row: system, history, context, question."""

    def __init__(self, mapping: dict[str, str], template: Template | None = None) -> None:
        self._prompt = mapping.get("prompt", "")
        self._before = mapping.get("context")  # The context of the question.
        self._after = mapping.get("input")  # Alpaca: the input of the instruction.
        self._system = mapping.get("system")
        self._history = mapping.get("history")
        self._template = template

    def messages(self, fields: Fields) -> list[Message]:
        """Return the messages before the answer."""
        return [
            *system_of(fields, self._system),
            *_history(fields.get(self._history) if self._history else None, self._history or ""),
            *self._question(fields),
        ]

    def _question(self, fields: Fields) -> list[Message]:
        if self._template:
            return [Message("user", self._template.filled(fields))]
        value = _messages_in(fields.get(self._prompt), self._prompt)
        if isinstance(value, list):
            return conversation(value, self._prompt)
        after = _optional(fields.get(self._after)) if self._after else ""
        parts = [
            _optional(fields.get(self._before)) if self._before else "",
            # Alpaca's question may stand in the input alone.
            _optional(value) if after else text_of(value, self._prompt),
            after,
        ]
        return [Message("user", "\n\n".join(part for part in parts if part))]


def _messages_in(value: Any, column: str) -> Any:
    """Return the messages of OpenAI's `input` of a preference, an object; other values as they are.

    Raises:
        RowError: the object has tools, with which preferences cannot be trained.
    """
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return value
    if value.get("tools"):
        fix = "Leave such rows out, or write the tools into the system prompt."
        raise RowError("wrong_type", f"{column} has tools, which are not used.", column, fix)
    return value["messages"]


class PromptCompletion:
    """A column with the prompt and one with the answer, each as text or messages."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns, template: Template | None = None) -> None:
        self.columns = columns
        self._asked = Asked(columns.mapping, template)
        self._completion = columns.mapping["completion"]

    def example(self, record: Record) -> Example:
        """Turn a row into an example."""
        fields = record.fields()
        refuse_media(fields)
        prompt = self._asked.messages(fields)
        answer = answer_of(fields.get(self._completion), self._completion, prompt)
        tools = tools_of(fields) if _are_tools(fields.get("tools")) else None
        if not tools and _alternatives(fields.get(self._completion)):
            return OneOfSeveral(prompt, answer)
        return example_of(prompt, answer, tools)


class OneOfSeveral(Example, gc=False):
    """An example whose answer is the first of several that the row gives."""

    def remarks(self) -> Sequence[tuple[str, str]]:
        """Report that the other answers are not learnt."""
        return [("first_answer", f"{self.completion[0].content}: {self.question()}")]


def _alternatives(value: Any) -> list[Any]:
    """Return the answers after the first: of a list of texts, or of SQuAD's `text`."""
    listed = value.get("text") if isinstance(value, dict) else value
    if not isinstance(listed, list) or any(isinstance(each, dict) for each in listed):
        return []
    return [each for each in listed[1:] if each != listed[0]]


def answer_of(value: Any, column: str, prompt: list[Message]) -> list[Message]:
    """Return the answer: a text, the first of several texts, or messages that follow the prompt.

    Raises:
        RowError: there is no answer.
    """
    if isinstance(value, dict) and "text" in value:  # SQuAD: {"text": […], "answer_start": […]}
        value = value["text"]
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list) and value and not any(isinstance(each, dict) for each in value):
        value = value[0]
    if not isinstance(value, list):
        message = Message("assistant", text_of(value, column))
        up_to_last_trained([*prompt, message], column)
        return [message]
    messages = conversation(value, column)
    before, answer = with_answer([*prompt, *messages], column)
    prompt[:] = before
    return answer


def _are_tools(value: Any) -> bool:
    """Whether a value is a list of tools, perhaps as text: a table may call any column tools."""
    return isinstance(value, list) or (
        isinstance(value, str) and value.lstrip()[:1] == "[" and value.lstrip("[ \n\t")[:1] == "{"
    )


def _optional(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _history(value: Any, column: str) -> list[Message]:
    """Return Alpaca's history: pairs of earlier instructions and answers."""
    if not value:
        return []
    if not isinstance(value, list) or not all(isinstance(p, list) and len(p) == 2 for p in value):  # noqa: PLR2004
        raise RowError("wrong_type", f"{column} is not a list of pairs.", column)
    turns = []
    for asked, answered in value:
        turns.append(Message("user", text_of(asked, column)))
        turns.append(Message("assistant", text_of(answered, column)))
    return turns
