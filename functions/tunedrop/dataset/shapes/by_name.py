"""The mappings that column names suggest, the most likely first."""

from collections.abc import Sequence

from tunedrop.dataset import column_names
from tunedrop.dataset.readers.folders import COLUMNS as FOLDER_COLUMNS
from tunedrop.dataset.readers.record import Fields
from tunedrop.dataset.shapes.chatgpt import chatgpt
from tunedrop.dataset.shapes.exchange import exchanges
from tunedrop.dataset.shapes.ground_truth import ground_truth
from tunedrop.dataset.shapes.label_studio import label_studio
from tunedrop.dataset.shapes.multiple_choice import multiple_choices
from tunedrop.dataset.shapes.prodigy import prodigy
from tunedrop.dataset.shapes.scores import is_score, scored
from tunedrop.dataset.shapes.spans import refuse_spans
from tunedrop.dataset.shapes.text_pair import text_pairs
from tunedrop.dataset.shapes.transcript import transcripts
from tunedrop.dataset.shapes.translation import translations
from tunedrop.documents.dataset import Columns

JUDGED_PAIRS = (("prompt", "completion"), ("prompt", "response"))


def by_name(sample: Sequence[Fields], columns: Sequence[str]) -> list[Columns]:
    """Return every mapping whose columns have well-known names.

    Raises:
        DatasetError: the columns are known to contain no text, or no answer.
    """
    refuse_spans(sample, columns)
    known = {name.lower(): name for name in reversed(columns)}
    return [
        *_in_folders(columns),
        *ground_truth(sample, columns),
        *prodigy(sample, columns),
        *label_studio(sample, columns),
        *chatgpt(sample, columns),
        *exchanges(sample, columns),
        *_preferences(known),
        *_judged(sample, known),
        *_conversations(sample, known),
        *multiple_choices(sample, known),
        *translations(sample, known),
        *text_pairs(sample, known),
        *_pairs(known),
        *transcripts(sample, columns),
        *_labelled(sample, known),
    ]


def _in_folders(columns: Sequence[str]) -> list[Columns]:
    """Return the mapping of texts whose folders are taken as labels."""
    if tuple(columns) != FOLDER_COLUMNS:
        return []
    why = "The texts lie in folders, and the name of the folder is taken as the label."
    mapping = {"text": "text", "label": "folder"}
    return [
        Columns("text_label", mapping, why, certainty="probable"),
        Columns("text", {"text": "text"}, "The texts alone, for pretraining."),
    ]


def _found(known: dict[str, str], *wanted: str) -> str | None:
    return next((known[name] for name in wanted if name in known), None)


def _preferences(known: dict[str, str]) -> list[Columns]:
    pair = next((pair for pair in column_names.PREFERENCE if known.keys() >= set(pair)), None)
    if pair is None:
        return []
    chosen, rejected = known[pair[0]], known[pair[1]]
    mapping = {"chosen": chosen, "rejected": rejected}
    prompt = _found(known, "prompt", "question", "instruction", "input")
    messages = _found(known, *column_names.CONVERSATION)
    if prompt:
        mapping["prompt"] = prompt
    elif messages:
        mapping["messages"] = messages
    if "system" in known:
        mapping["system"] = known["system"]
    return [
        Columns(
            "preference",
            mapping,
            f"The columns {chosen!r} and {rejected!r} are the better and the worse answer.",
        )
    ]


def _judged(sample: Sequence[Fields], known: dict[str, str]) -> list[Columns]:
    """KTO: an answer to a prompt, or messages, and a label that is true or false.

    Only `kto_tag`, LLaMA-Factory's name, is known to judge the answers of every pair of columns.
    """
    messages = _found(known, *column_names.CONVERSATION)
    label = _found(known, "kto_tag", "label")
    if label is None or not _are_judgements(sample, label):
        return []
    pairs = column_names.PAIRS if "kto_tag" in known else JUDGED_PAIRS
    pair = next((pair for pair in pairs if known.keys() >= set(pair)), None)
    if pair:
        mapping = {**_pair(known, *pair).mapping, "label": label}
    elif messages and _holds_lists(sample, messages):
        mapping = {"messages": messages, "label": label, **_system_of(sample, known)}
    else:
        return []
    return [Columns("kto", mapping, f"{label!r} says whether each answer is good.")]


def _are_judgements(sample: Sequence[Fields], column: str) -> bool:
    """Whether every value that is given is true or false."""
    values = (fields.get(column) for fields in sample)
    given = {str(value).lower() for value in values if value not in (None, "")}
    return bool(given) and given <= {"true", "false", "0", "1"}


def _conversations(sample: Sequence[Fields], known: dict[str, str]) -> list[Columns]:
    """Return the columns with lists of messages; a transcript as plain text does not count."""
    return [
        Columns(
            "messages",
            {"messages": known[name], **_system_of(sample, known)},
            f"The column {known[name]!r} contains conversations.",
        )
        for name in column_names.CONVERSATION
        if name in known and _holds_lists(sample, known[name])
    ]


def _system_of(sample: Sequence[Fields], known: dict[str, str]) -> dict[str, str]:
    """Return the mapping of the column with system prompts, if it holds texts."""
    found = _found(known, *column_names.SYSTEM)
    values = [value for fields in sample if (value := fields.get(found or ""))]
    known_types = bool(values) and all(isinstance(value, str | list | dict) for value in values)
    return {"system": found} if found and known_types else {}


def _holds_lists(sample: Sequence[Fields], column: str) -> bool:
    values = [value for fields in sample if (value := fields.get(column))]
    texts = [value for value in values if isinstance(value, str)]
    return not texts or all(text.lstrip().startswith("[") for text in texts)


def _pairs(known: dict[str, str]) -> list[Columns]:
    return [
        _pair(known, asks, answers)
        for asks, answers in column_names.PAIRS
        if asks in known and answers in known
    ]


def _pair(known: dict[str, str], asks: str, answers: str) -> Columns:
    mapping = {"prompt": known[asks], "completion": known[answers]}
    if asks == "instruction" and "input" in known:
        mapping["input"] = known["input"]
    context = _found(known, *column_names.CONTEXT)
    wants_context = asks in ("question", "prompt") or (
        asks == "instruction" and "input" not in known
    )
    if wants_context and context and context not in mapping.values():
        mapping["context"] = context
    system = _found(known, *column_names.SYSTEM)
    if system:
        mapping["system"] = system
    if "history" in known:
        mapping["history"] = known["history"]
    listed = ", ".join(repr(name) for name in mapping.values())
    shape = "alpaca" if asks == "instruction" else "prompt_completion"
    if answers in ("sql", "query"):
        shape = "text_to_sql"
    return Columns(
        shape, mapping, f"The names of the columns {listed} are usual for a prompt and its answer."
    )


def _labelled(sample: Sequence[Fields], known: dict[str, str]) -> list[Columns]:
    found = []
    for text in column_names.TEXT:
        for label in column_names.LABEL:
            if text not in known or label not in known or (text, label) in column_names.PAIRS:
                continue
            names = known[text], known[label]
            if is_score(sample, known[label]):
                found += scored([known[text]], known[label], sample)
                continue
            why = "The names of the columns {!r} and {!r} are usual for text and label."
            mapping = {"text": known[text], "label": known[label]}
            found.append(Columns("text_label", mapping, why.format(*names)))
    return found
