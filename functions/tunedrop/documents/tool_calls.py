"""Tool calls as text: the JSON that a model would write to make them."""

import json
from collections.abc import Sequence
from typing import Any


def calls_as_text(calls: Sequence[dict[str, Any]]) -> str:
    """Return one JSON object per line, with the name first and the arguments' keys sorted.

    The training container writes the same text where a chat template omits calls. The evaluation
    compares calls in this form, so that different spellings of one call are equal.

    Args:
        calls: in OpenAI's form, each with `function.name` and `function.arguments`, a JSON object
            as text.
    """
    return "\n".join(
        as_text(call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in calls
    )


def as_text(name: str, arguments: Any) -> str:
    """Return one call in that form; `arguments` is parsed JSON."""
    ordered = json.dumps(arguments, ensure_ascii=False, sort_keys=True)
    return f'{{"name": {json.dumps(name, ensure_ascii=False)}, "arguments": {ordered}}}'
