"""Preferences: a better and a worse answer, or one judged answer."""

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.conversation import conversation, with_answer
from tunedrop.dataset.shapes.example import (
    Example,
    JudgedAnswer,
    Kind,
    PreferencePair,
    truth_of,
)
from tunedrop.dataset.shapes.messages import system_of, with_system
from tunedrop.dataset.shapes.prompt_completion import Asked, answer_of
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message


class Preference:
    """`chosen` and `rejected` as text or messages; the prompt is a column or inside of them."""

    kind: Kind = "preference"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        mapping = columns.mapping
        self._chosen, self._rejected = mapping["chosen"], mapping["rejected"]
        self._asked = Asked(mapping) if "prompt" in mapping else None
        self._conversation = mapping.get("messages")
        self._system = mapping.get("system")

    def example(self, record: Record) -> Example:
        """Turn a row into a pair."""
        fields = record.fields()
        prompt = self._prompt(fields)
        if prompt is None:
            prompt, chosen, rejected = self._from_conversations(fields)
            prompt = with_system(system_of(fields, self._system), prompt)
        else:
            chosen = answer_of(fields.get(self._chosen), self._chosen, [*prompt])
            rejected = answer_of(fields.get(self._rejected), self._rejected, [*prompt])
        if chosen == rejected:
            raise RowError("same_answers", "Both answers are the same.", self._rejected)
        return PreferencePair(prompt, chosen, rejected)

    def _prompt(self, fields: Fields) -> list[Message] | None:
        if self._conversation:
            messages = conversation(fields.get(self._conversation), self._conversation)
            return with_system(system_of(fields, self._system), messages)
        return self._asked.messages(fields) if self._asked else None

    def _from_conversations(
        self, fields: Fields
    ) -> tuple[list[Message], list[Message], list[Message]]:
        """Divide two complete conversations into the common prompt and the two answers."""
        chosen = conversation(fields.get(self._chosen), self._chosen)
        rejected = conversation(fields.get(self._rejected), self._rejected)
        if chosen[:-1] != rejected[:-1] or len(chosen) < 2:  # noqa: PLR2004 - question and answer
            raise RowError(
                "different_prompts",
                "The two conversations differ before their last message.",
                self._rejected,
            )
        return chosen[:-1], chosen[-1:], rejected[-1:]


class Judged:
    """KTO: an answer and whether it is good; the answer is a column or ends a conversation."""

    kind: Kind = "kto"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._asked = Asked(columns.mapping)
        self._completion = columns.mapping.get("completion", "")
        self._conversation = columns.mapping.get("messages")
        self._system = columns.mapping.get("system")
        self._label = columns.mapping["label"]

    def example(self, record: Record) -> Example:
        """Turn a row into a judged answer."""
        fields = record.fields()
        prompt, answer = self._asked_and_answered(fields)
        return JudgedAnswer(prompt, answer, truth_of(fields.get(self._label), self._label))

    def _asked_and_answered(self, fields: Fields) -> tuple[list[Message], list[Message]]:
        if self._conversation:
            messages = conversation(fields.get(self._conversation), self._conversation)
            messages = with_system(system_of(fields, self._system), messages)
            return with_answer(messages, self._conversation)
        prompt = self._asked.messages(fields)
        return prompt, answer_of(fields.get(self._completion), self._completion, prompt)
