"""Preferences: a better and a worse answer, or one judged answer."""

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.conversation import conversation
from tunedrop.dataset.shapes.example import (
    Example,
    JudgedAnswer,
    Kind,
    PreferencePair,
    truth_of,
)
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

    def example(self, record: Record) -> Example:
        """Turn a row into a pair."""
        fields = record.fields()
        prompt = self._prompt(fields)
        if prompt is None:
            prompt, chosen, rejected = self._from_conversations(fields)
        else:
            chosen = answer_of(fields.get(self._chosen), self._chosen, [*prompt])
            rejected = answer_of(fields.get(self._rejected), self._rejected, [*prompt])
        if chosen == rejected:
            raise RowError("same_answers", "Both answers are the same.", self._rejected)
        return PreferencePair(prompt, chosen, rejected)

    def _prompt(self, fields: Fields) -> list[Message] | None:
        if self._conversation:
            return conversation(fields.get(self._conversation), self._conversation)
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
    """KTO: a completion and whether it is good."""

    kind: Kind = "kto"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._asked = Asked(columns.mapping)
        self._completion = columns.mapping["completion"]
        self._label = columns.mapping["label"]

    def example(self, record: Record) -> Example:
        """Turn a row into a judged answer."""
        fields = record.fields()
        prompt = self._asked.messages(fields)
        answer = answer_of(fields.get(self._completion), self._completion, prompt)
        return JudgedAnswer(prompt, answer, truth_of(fields.get(self._label), self._label))
