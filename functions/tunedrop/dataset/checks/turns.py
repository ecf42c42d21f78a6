"""The order of turns that chat templates expect."""

from collections.abc import Sequence

from tunedrop.documents.rows import Message

# The roles that may follow each role. A tool answers the assistant that called it.
_AFTER = {
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("assistant", "tool"),
}


def out_of_turn(prompt: Sequence[Message], completion: Sequence[Message]) -> str:
    """Return a description of the first message with an unexpected role, or an empty text."""
    if not prompt or (len(prompt) == 1 and prompt[0].role == "user"):
        return ""
    turns = [*prompt, *completion[:1]]
    if turns[0].role not in ("system", "user"):
        return f"message 1: {turns[0].role} first"
    for at in range(1, len(turns)):
        before, turn = turns[at - 1], turns[at]
        uncalled = turn.role == "tool" and before.role == "assistant" and not before.tool_calls
        if turn.role not in _AFTER[before.role] or uncalled:
            return f"message {at + 1}: {turn.role} after {before.role}"
    return ""
