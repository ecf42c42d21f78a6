"""Well-known column names for each role, the most likely first."""

TEXT = (
    "text", "sentence", "tweet", "review", "comment", "utterance", "content", "document", "body",
    "message", "description", "query", "question", "input", "prompt", "headline", "title",
)  # fmt: skip
LABEL = (
    "label", "labels", "class", "category", "sentiment", "intent", "target", "topic", "emotion",
    "label_text", "annotation", "rating", "stars", "polarity", "output", "completion", "answer",
    "y",
)  # fmt: skip
CONVERSATION = (
    "messages", "conversation", "conversations", "dialog", "dialogue", "chat", "contents",
    "chat_history",
)  # fmt: skip
PAIRS = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("question", "sql"),
    ("question", "answer"),
    ("question", "answers"),
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
TEXT_PAIRS = (
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("sentence_1", "sentence_2"),
    ("sentence_a", "sentence_b"),
    ("question1", "question2"),
    ("text1", "text2"),
    ("text_a", "text_b"),
    ("question", "passage"),
    ("question", "sentence"),
    ("query", "passage"),
    ("query", "document"),
)
PAIR_LABEL = (
    "label", "gold_label", "label_text", "class", "is_duplicate", "entailment", "entailment_label",
    "entailment_judgment", "relation", "relevance", "is_relevant",
)  # fmt: skip
SCORE = frozenset(
    ("score", "scores", "rating", "stars", "similarity", "relatedness", "grade", "points")
)
PAIR_SCORE = ("score", "similarity", "similarity_score", "relatedness_score")
CONTEXT = ("context", "schema", "create_table", "table_schema", "passage", "document")
SYSTEM = ("system", "system_prompt", "systeminstruction", "system_instruction")
PREFERENCE = (
    ("chosen", "rejected"),
    ("chosen_messages", "rejected_messages"),
    ("preferred_output", "non_preferred_output"),
)
QUESTIONS = ("question", "question_stem", "query", "stem", "ctx", "sentence", "prompt")
CHOICE_LISTS = ("choices", "options", "endings", "answer_choices", "candidates")
ANSWER_KEYS = (
    "answerkey", "answer_key", "answer", "correct_answer", "correct", "label", "answer_idx",
    "answer_index", "correct_option", "target", "gold",
)  # fmt: skip
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
# What the rows with one id have in common, the coarsest first: one person has several documents.
GROUPS = {
    "a person": frozenset(
        (
            "user", "customer", "client", "patient", "author", "speaker", "person", "participant",
            "subject", "student", "reviewer", "member", "employee", "respondent", "account",
            "sender", "caller", "learner", "writer",
        )
    ),
    "a document": frozenset(
        (
            "doc", "document", "article", "page", "book", "paper", "story", "chapter", "passage",
            "contract", "note", "report", "file",
        )
    ),
    "a conversation": frozenset(
        (
            "conversation", "conv", "dialog", "dialogue", "chat", "thread", "session", "call",
            "ticket", "discussion", "meeting", "interview",
        )
    ),
}  # fmt: skip
ID_WORDS = frozenset(("id", "uuid", "guid", "key", "number", "no", "nr", "hash"))
NAMES_OF_PERSONS = frozenset(
    (
        "user", "username", "author", "authorname", "speaker", "speakername", "customer",
        "customername", "patient", "participant", "reviewer", "reviewername", "screenname",
        "userscreenname", "sender",
    )
)  # fmt: skip
OTHERS = ("history", "id", "idx", "source-ref")

KNOWN_NAMES = frozenset(
    (
        *TEXT,
        *LABEL,
        *CONVERSATION,
        *CONTEXT,
        *SYSTEM,
        *(n for p in PREFERENCE for n in p),
        *CHOICE_LISTS,
        *OTHERS,
        *(n for p in TEXT_PAIRS for n in p),
        *(n for p in PAIRS for n in p),
    )
)
