"""The column names by which people call the parts of a row, in order of likelihood."""

TEXT = (
    "text", "sentence", "tweet", "review", "comment", "utterance", "content", "document", "body",
    "message", "description", "query", "question", "input", "prompt", "headline", "title",
)  # fmt: skip
LABEL = (
    "label", "labels", "class", "category", "sentiment", "intent", "target", "topic", "emotion",
    "label_text", "output", "completion", "answer", "y",
)  # fmt: skip
CONVERSATION = ("messages", "conversation", "conversations", "dialog", "dialogue", "chat")
PAIRS = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("question", "sql"),
    ("question", "answer"),
    ("question", "query"),
    ("input", "output"),
    ("prompt", "output"),
    ("prompt", "answer"),
    ("query", "response"),
    ("question", "response"),
    ("source", "target"),
    ("input", "target"),
)
CONTEXT = ("context", "schema", "create_table", "table_schema", "passage", "document")
PREFERENCE = ("chosen", "rejected")
OTHERS = ("system", "history", "id", "idx", "source-ref")

KNOWN_NAMES = frozenset(
    (*TEXT, *LABEL, *CONVERSATION, *CONTEXT, *PREFERENCE, *OTHERS, *(n for p in PAIRS for n in p))
)
