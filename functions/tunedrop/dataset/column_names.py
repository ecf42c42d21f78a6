"""Well-known column names for each role, the most likely first."""

TEXT = (
    "text", "sentence", "tweet", "review", "comment", "utterance", "content", "document", "body",
    "message", "description", "query", "question", "input", "prompt", "headline", "title",
)  # fmt: skip
LABEL = (
    "label", "labels", "class", "category", "sentiment", "intent", "target", "topic", "emotion",
    "label_text", "rating", "stars", "polarity", "output", "completion", "answer", "y",
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
    ("dialogue", "summary"),
    ("document", "summary"),
    ("article", "summary"),
    ("article", "highlights"),
    ("text", "summary"),
)
CONTEXT = ("context", "schema", "create_table", "table_schema", "passage", "document")
SYSTEM = ("system", "system_prompt")
# Words inside a name, such as customer_question, that say what a column of text is for.
ASKING = frozenset(
    (
        "question", "questions", "query", "prompt", "instruction", "request", "input", "source",
        "problem", "user", "human", "utterance",
    )
)  # fmt: skip
ANSWERING = frozenset(
    (
        "answer", "answers", "reply", "replies", "response", "responses", "completion", "output",
        "outputs", "target", "targets", "solution", "summary", "translation", "explanation",
        "assistant", "rewrite", "highlights",
    )
)  # fmt: skip
CHOICES = frozenset(("choice", "choices", "options", "candidates", "endings", "distractors"))
PREFERENCE = ("chosen", "rejected")
OTHERS = ("history", "id", "idx", "source-ref")

KNOWN_NAMES = frozenset(
    (
        *TEXT,
        *LABEL,
        *CONVERSATION,
        *CONTEXT,
        *SYSTEM,
        *PREFERENCE,
        *OTHERS,
        *(n for p in PAIRS for n in p),
    )
)
