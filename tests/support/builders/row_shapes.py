"""Rows of every shape that docs/data.md lists, good and bad."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Fields = dict[str, Any]
Item = Fields | bytes
"""A row of named values, or the bytes of one that cannot be read."""


class RowShape(NamedTuple):
    """How a text and its number become a row, which values spoil it, and its inferred shape."""

    read_as: str
    good: Callable[[str, int], Fields]
    spoilt: Fields
    flat: bool = True
    recipe: Mapping[str, Any] = MappingProxyType({})


def text_of(number: int) -> str:
    """Return a text that is no near duplicate of another one."""
    return f"café number {number} " + " ".join(f"word{number}x{at}" for at in range(8))


def label(number: int) -> str:
    return ("good", "bad")[number % 2]


def answer(number: int) -> str:
    return f"this is the whole answer with number {number}."


def turn(role: str, content: Any, **other: Any) -> Fields:
    return {"role": role, "content": content, **other}


def tree(asked: str, answered: str) -> Fields:
    """Return the messages of a conversation as ChatGPT exports them."""

    def node(role: str, text: str, parent: str | None, children: list[str]) -> Fields:
        content = {"content_type": "text", "parts": [text]}
        message = {"author": {"role": role}, "content": content}
        return {"message": message, "parent": parent, "children": children}

    return {"a": node("user", asked, None, ["b"]), "b": node("assistant", answered, "a", [])}


def with_tools(text: str, number: int) -> Fields:
    function = {"name": "find", "arguments": "{}"}
    call = {"id": "c1", "type": "function", "function": function}
    return {
        "messages": [
            turn("user", text),
            turn("assistant", None, tool_calls=[call]),
            turn("tool", "nothing found", tool_call_id="c1"),
            turn("assistant", answer(number)),
        ]
    }


def ground_truth(text: str, number: int) -> Fields:
    metadata = {
        "class-name": label(number),
        "confidence": 0.9,
        "job-name": "labeling-job/x",
        "human-annotated": "yes",
        "creation-date": "2026-11-02T09:30:00.000000",
        "type": "groundtruth/text-classification",
    }
    return {"source": text, "mood": number % 2, "mood-metadata": metadata}


def several_labels(text: str, number: int) -> Fields:
    names = {"0": label(number), "1": "urgent"}
    metadata = {
        "job-name": "labeling-job/x",
        "class-map": names,
        "confidence-map": {"0": 0.9, "1": 0.8},
        "human-annotated": "yes",
        "creation-date": "2026-11-02T09:30:00.000000",
        "type": "groundtruth/text-classification-multilabel",
    }
    return {"source": text, "mood": [0, 1], "mood-metadata": metadata}


def consolidated(text: str, number: int) -> Fields:
    labelled = ground_truth(text, number)
    del labelled["source"]
    return {
        "datasetObjectId": f"{number}",
        "dataObject": {"content": text},
        "consolidatedAnnotation": {"content": labelled},
    }


def by_workers(text: str, number: int) -> Fields:
    said = json.dumps({"mood": {"label": label(number)}})
    annotations = [{"workerId": f"w{n}", "annotationData": {"content": said}} for n in range(3)]
    return {
        "datasetObjectId": f"{number}",
        "dataObject": {"content": text},
        "annotations": annotations,
    }


def with_weights(text: str, number: int) -> Fields:
    return {
        "messages": [
            turn("user", text),
            turn("assistant", "one moment", weight=0),
            turn("user", "and now?"),
            turn("assistant", answer(number), weight=1),
        ]
    }


def ending_with_a_call(text: str, number: int) -> Fields:
    function = {"name": "find", "arguments": json.dumps({"number": number})}
    call = {"id": "c1", "type": "function", "function": function}
    tool = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
    return {
        "messages": [turn("user", text), turn("assistant", None, tool_calls=[call])],
        "tools": [tool],
    }


SHAPES: dict[str, RowShape] = {
    "text and label": RowShape(
        "text_label", lambda t, n: {"text": t, "label": label(n)}, {"label": ""}
    ),
    "one column a label": RowShape(
        "one_hot",
        lambda t, n: {"text": t, "fine": n % 2, "poor": 1 - n % 2},
        {"fine": 0, "poor": 0},
    ),
    "several input columns": RowShape(
        "text_label",
        lambda t, n: {"subject": f"about {n}", "body": t, "kind": label(n)},
        {"kind": ""},
        recipe={"template": "{subject}: {body}", "columns": {"label": "kind"}},
    ),
    "OpenAI messages": RowShape(
        "messages",
        lambda t, n: {"messages": [turn("user", t), turn("assistant", answer(n))]},
        {"messages": [turn("user", "and?")]},
        flat=False,
    ),
    "OpenAI messages with tools": RowShape(
        "messages", with_tools, {"messages": [turn("robot", "and?")]}, flat=False
    ),
    "OpenAI messages with weights": RowShape(
        "messages",
        with_weights,
        {"messages": [turn("user", "and?"), turn("assistant", "so", weight=0)]},
        flat=False,
    ),
    "OpenAI messages that end with a tool call": RowShape(
        "messages", ending_with_a_call, {"messages": [turn("user", "and?")]}, flat=False
    ),
    "ShareGPT": RowShape(
        "messages",
        lambda t, n: {
            "conversations": [{"from": "human", "value": t}, {"from": "gpt", "value": answer(n)}]
        },
        {"conversations": []},
        flat=False,
    ),
    "ShareGPT with tools": RowShape(
        "messages",
        lambda t, n: {
            "conversations": [
                {"from": "human", "value": t},
                {"from": "function_call", "value": '{"name": "find", "arguments": {}}'},
                {"from": "observation", "value": "nothing found", "extra": n},
                {"from": "gpt", "value": answer(n)},
            ]
        },
        {"conversations": [{"from": "function_call", "value": "find"}]},
        flat=False,
    ),
    "Bedrock and Nova": RowShape(
        "messages",
        lambda t, n: {
            "system": [{"text": "Be brief."}],
            "messages": [turn("user", [{"text": t}]), turn("assistant", [{"text": answer(n)}])],
        },
        {"messages": [turn("user", [{"image": {"format": "png"}}])]},
        flat=False,
    ),
    "Vertex AI": RowShape(
        "messages",
        lambda t, n: {
            "contents": [
                {"role": "user", "parts": [{"text": t}]},
                {"role": "model", "parts": [{"text": answer(n)}]},
            ]
        },
        {"contents": [{"role": "user", "parts": [{"fileData": {"mimeType": "image/png"}}]}]},
        flat=False,
    ),
    "Cohere": RowShape(
        "messages",
        lambda t, n: {"messages": [turn("User", t), turn("Chatbot", answer(n))]},
        {"messages": [turn("User", "and?")]},
        flat=False,
    ),
    "OpenAI batch": RowShape(
        "messages",
        lambda t, n: {
            "custom_id": str(n),
            "body": {"messages": [turn("user", t), turn("assistant", answer(n))]},
        },
        {"body": {"messages": [turn("user", "and?")]}},
        flat=False,
    ),
    "requests and answers": RowShape(
        "exchange",
        lambda t, n: {
            "request": {"messages": [turn("user", t)]},
            "response": {"choices": [{"message": turn("assistant", answer(n))}]},
        },
        {"response": {"choices": []}},
        flat=False,
    ),
    "ChatGPT's export (`conversations.json`)": RowShape(
        "chatgpt",
        lambda t, n: {"title": f"number {n}", "mapping": tree(t, answer(n)), "current_node": "b"},
        {"mapping": tree("and?", "")},
        flat=False,
    ),
    "conversation as one text": RowShape(
        "transcript",
        lambda t, n: {"number": n, "dialog": f"<s>[INST] {t} [/INST] {answer(n)} </s>"},
        {"dialog": ""},
    ),
    "multiple choice": RowShape(
        "multiple_choice",
        lambda t, n: {"question": t, "choices": ["yes", "no"], "answer": n % 2},
        {"answer": 7},
        flat=False,
    ),
    "translation": RowShape(
        "translation",
        lambda t, n: {"translation": {"en": t, "de": answer(n)}},
        {"translation": {"en": "", "de": "nichts"}},
        flat=False,
    ),
    "several labels in a list": RowShape(
        "text_label",
        lambda t, n: {"text": t, "label": [label(n), "urgent"]},
        {"label": []},
        flat=False,
    ),
    "Label Studio": RowShape(
        "label_studio",
        lambda t, n: {
            "data": {"text": t},
            "annotations": [{"result": [{"value": {"choices": [label(n)]}}]}],
        },
        {"annotations": []},
        flat=False,
    ),
    "prompt and completion": RowShape(
        "prompt_completion",
        lambda t, n: {"prompt": t, "completion": answer(n)},
        {"completion": " "},
    ),
    "prompt and completion as messages": RowShape(
        "prompt_completion",
        lambda t, n: {
            "prompt": [turn("user", t)],
            "completion": [turn("assistant", answer(n))],
        },
        {"completion": []},
        flat=False,
    ),
    "input and output": RowShape(
        "prompt_completion", lambda t, n: {"input": t, "output": answer(n)}, {"input": ""}
    ),
    "Alpaca": RowShape(
        "alpaca",
        lambda t, n: {"instruction": t, "input": f"of {n}", "output": answer(n)},
        {"output": ""},
    ),
    "question, context, answer": RowShape(
        "prompt_completion",
        lambda t, n: {"question": f"what of {n}?", "context": t, "answer": answer(n)},
        {"question": ""},
    ),
    "text to SQL": RowShape(
        "text_to_sql",
        lambda t, n: {"question": t, "schema": "CREATE TABLE t (n INT)", "sql": f"SELECT {n}"},
        {"sql": ""},
    ),
    "Ground Truth classification": RowShape(
        "ground_truth", ground_truth, {"mood-metadata": None}, flat=False
    ),
    "Ground Truth with several labels": RowShape(
        "ground_truth", several_labels, {"mood-metadata": None}, flat=False
    ),
    "Ground Truth consolidated annotations": RowShape(
        "ground_truth", consolidated, {"consolidatedAnnotation": None}, flat=False
    ),
    "Ground Truth workers' answers": RowShape(
        "ground_truth", by_workers, {"annotations": []}, flat=False
    ),
    "two texts with a label": RowShape(
        "text_pair",
        lambda t, n: {"premise": t, "hypothesis": f"it is {n}", "label": label(n)},
        {"hypothesis": ""},
    ),
    "Prodigy": RowShape(
        "prodigy",
        lambda t, n: {"text": t, "label": label(n), "answer": "accept"},
        {"answer": "reject"},
    ),
    "preference pairs": RowShape(
        "preference",
        lambda t, n: {"prompt": t, "chosen": answer(n), "rejected": "no idea."},
        {"chosen": "same.", "rejected": "same."},
    ),
    "judged answers": RowShape(
        "kto",
        lambda t, n: {
            "prompt": t,
            "completion": answer(n),
            "label": ("true", "false")[n % 2],
        },
        {"completion": ""},
    ),
    "text alone": RowShape("text", lambda t, n: {"text": f"{t} {n}"}, {"text": ""}, flat=False),
}
