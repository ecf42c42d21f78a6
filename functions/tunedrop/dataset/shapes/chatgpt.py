"""ChatGPT's export of conversations, conversations.json: each one a tree of messages.

A question that was changed, or an answer that was generated again, begins another branch of
`mapping`; `current_node` is the end of the branch that the user saw last.
https://help.openai.com/en/articles/7260999-how-do-i-export-my-chatgpt-history-and-data
"""

from collections.abc import Sequence
from typing import Any, cast

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.conversation import with_answer
from tunedrop.dataset.shapes.dialogue import example_of
from tunedrop.dataset.shapes.example import Example, Kind
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message, Role

_TREE, _END = "mapping", "current_node"
_SPOKEN = frozenset(("system", "user", "assistant"))
_TEXTS = frozenset(("text", "multimodal_text"))
"""Kinds of content that users and the assistant say to each other; others are of tools."""


def chatgpt(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return the mapping for an export of ChatGPT; none for other rows."""
    trees = [tree for fields in sample if (tree := fields.get(_TREE))]
    if not trees or not all(map(_is_tree, trees)):
        return []
    mapping = {"messages": _TREE} | ({"end": _END} if _END in names else {})
    why = f"{_TREE!r} holds the conversations of an export of ChatGPT."
    return [Columns("chatgpt", mapping, why)]


def _is_tree(value: Any) -> bool:
    nodes = value.values() if isinstance(value, dict) else ()
    return any(nodes) and all(
        node is None or (isinstance(node, dict) and "message" in node) for node in nodes
    )


class ChatGPT:
    """A tree of messages; the branch that was seen last is learnt."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._end = columns.mapping.get("end", "")

    def example(self, record: Record) -> Example:
        """Turn a conversation into an example."""
        fields = record.fields()
        tree: Any = fields.get(_TREE)
        if not _is_tree(tree):
            raise RowError("wrong_type", f"{_TREE} is no tree of messages.", _TREE)
        tree = {name: node for name, node in tree.items() if node}
        branch = _branch(tree, fields.get(self._end))
        messages: list[Message] = []
        left_out = ""
        for message in branch:
            text = _text(message)
            if _is_spoken(message) and text:
                messages.append(Message(cast("Role", _role(message)), text))
            elif text or _kind(message) not in _TEXTS:
                left_out = left_out or f"{_role(message)}: {text}"
        return example_of(*with_answer(_in_turns(messages), _TREE), None, left_out)


def _branch(tree: dict[str, Any], end: Any) -> list[dict[str, Any]]:
    """Return the messages from the first one to the end of a branch.

    Without the name of its end, the newest branch is taken: that of the last child each time.
    """
    path: dict[str, Any] = {}
    at = end if isinstance(end, str) and end in tree else _newest(tree)
    while isinstance(at, str) and at in tree and at not in path:
        path[at] = tree[at].get("message")
        at = tree[at].get("parent")
    return [message for message in reversed(path.values()) if isinstance(message, dict)]


def _newest(tree: dict[str, Any]) -> str:
    roots = (name for name, node in tree.items() if str(node.get("parent")) not in tree)
    at = next(roots, next(iter(tree)))
    seen = {at}
    while True:
        children = tree[at].get("children")
        after = children[-1] if isinstance(children, list) and children else None
        if not isinstance(after, str) or after not in tree or after in seen:
            return at
        seen.add(after)
        at = after


def _in_turns(messages: list[Message]) -> list[Message]:
    """Join what the assistant says in several messages, between which it used a tool."""
    joined: list[Message] = []
    for message in messages:
        if joined and message.role == joined[-1].role == "assistant":
            joined[-1].content += f"\n\n{message.content}"
        else:
            joined.append(message)
    return joined


def _is_spoken(message: dict[str, Any]) -> bool:
    """Whether a message was shown: no call of a tool, no thought, none that is hidden."""
    metadata = message.get("metadata")
    hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation")
    to_tool = message.get("recipient") not in (None, "all")
    is_text = _kind(message) in _TEXTS
    return _role(message) in _SPOKEN and is_text and not hidden and not to_tool


def _kind(message: dict[str, Any]) -> str:
    return str(_content(message).get("content_type"))


def _role(message: dict[str, Any]) -> str:
    author = message.get("author")
    return str(author.get("role")) if isinstance(author, dict) else ""


def _content(message: dict[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    return content if isinstance(content, dict) else {}


def _text(message: dict[str, Any]) -> str:
    """Return the text of a message.

    Raises:
        RowError: a part that was shown is a picture, a sound or a file.
    """
    content = _content(message)
    parts = content.get("parts")
    if not isinstance(parts, list):
        return str(content.get("text") or content.get("content") or "").strip()
    for part in parts:
        if not isinstance(part, str) and _is_spoken(message):
            raise RowError(
                "not_text",
                "A message has a picture, a sound or a file; only text can be trained on.",
                _TREE,
            )
    return "\n".join(part for part in parts if isinstance(part, str)).strip()
