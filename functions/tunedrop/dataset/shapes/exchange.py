"""Requests to a model beside its answers: logs of an API, and the output of Bedrock's batch jobs.

- OpenAI: {"request": {"messages": …}, "response": {"choices": [{"message": …}]}}
- Bedrock's batch inference: {"modelInput": …, "modelOutput": …}
  https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
- Bedrock's logs of invocations: {"input": {"inputBodyJson": …}, "output": {"outputBodyJson": …}}
  https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
"""

from collections.abc import Sequence
from typing import Any

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.conversation import conversation, thoughts_in, with_answer
from tunedrop.dataset.shapes.dialogue import example_of
from tunedrop.dataset.shapes.example import Example, Kind
from tunedrop.dataset.shapes.messages import system_of, with_system
from tunedrop.dataset.shapes.tools import tools_of
from tunedrop.documents.dataset import Columns
from tunedrop.errors import DatasetError

_PAIRS = (("request", "response"), ("modelInput", "modelOutput"), ("input", "output"))
_BODIES = ("body", "inputBodyJson", "outputBodyJson")
_PROMPTS = ("prompt", "inputText")
_COMPLETIONS = ("generation", "completion", "outputText", "text")


def exchanges(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return the mapping of requests and answers; none for other rows.

    Raises:
        DatasetError: there are answers of a batch without the requests.
    """
    for asked, answered in _PAIRS:
        if not _hold(sample, answered, _answer):
            continue
        if _hold(sample, asked, _request):
            why = f"{asked!r} holds requests to a model, and {answered!r} its answers."
            return [Columns("exchange", {"prompt": asked, "answer": answered}, why)]
        if "custom_id" in names and asked not in names:
            raise DatasetError(
                f"{answered!r} holds the answers of a batch, without their questions.",
                "Join them by custom_id with the file that was sent, one object a line: "
                '{"request": …, "response": …}.',
            )
    return []


def _hold(sample: Sequence[Fields], name: str, find: Any) -> bool:
    """Whether a column holds objects, and something is found in some of them."""
    values = [value for fields in sample if (value := fields.get(name)) is not None]
    return all(isinstance(value, dict) for value in values) and any(map(find, values))


class Exchange:
    """A request with messages or a prompt, and what the model answered."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._asked = columns.mapping["prompt"]
        self._answered = columns.mapping["answer"]

    def example(self, record: Record) -> Example:
        """Turn a request and its answer into an example."""
        fields = record.fields()
        request, asked = _body(fields.get(self._asked)), _request(fields.get(self._asked))
        if not asked:
            raise RowError("no_question", f"{self._asked} has no messages.", self._asked)
        answer = _answer(fields.get(self._answered))
        if answer is None:
            raise RowError("no_answer", f"{self._answered} has no answer.", self._answered)
        messages = conversation([*asked, answer], self._asked)
        system = "system" if "system" in request else None
        messages = with_system(system_of(request, system), messages)
        thoughts = thoughts_in([answer])
        return example_of(*with_answer(messages, self._asked), tools_of(request), thoughts)


def _body(value: Any) -> Fields:
    """Return the body of a request or an answer: the object itself, or one inside of it."""
    for name in _BODIES:
        if isinstance(value, dict) and isinstance(value.get(name), dict):
            value = value[name]
    return value if isinstance(value, dict) else {}


def _request(value: Any) -> list[Any]:
    """Return the messages of a request; a prompt as one message."""
    body = _body(value)
    messages = body.get("messages")
    if isinstance(messages, list):
        return messages
    prompts = (body[name] for name in _PROMPTS if isinstance(body.get(name), str))
    return [{"role": "user", "content": prompt} for prompt in prompts][:1]


def _answer(value: Any) -> dict[str, Any] | None:
    """Return the answer as a message, or None without one."""
    body = _body(value)
    listed = body.get("choices") or body.get("results")  # Of several answers, the first.
    first = listed[0] if isinstance(listed, list) else body
    held = first if isinstance(first, dict) else {}
    output = held.get("output")
    message = output.get("message") if isinstance(output, dict) else held.get("message")
    if isinstance(message, dict):
        return message
    if isinstance(held.get("content"), list):
        return {"role": "assistant", "content": held["content"]}
    texts = (held[name] for name in _COMPLETIONS if isinstance(held.get(name), str))
    return next(({"role": "assistant", "content": text} for text in texts), None)
