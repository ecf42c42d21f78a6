"""The row shapes beyond plain pairs: the prompt and answer of each, and similar shapes."""

import json
from typing import Any

import pytest

from tests.support.pipeline.preparation import prepare
from tunedrop.errors import DatasetError


def filled(value: Any, number: int) -> Any:
    """Put a number into every "#" so that rows differ."""
    return json.loads(json.dumps(value).replace("#", str(number)))


def lines(row: Any, rows: int = 20) -> str:
    return "\n".join(json.dumps(filled(row, n)) for n in range(rows))


SHAREGPT = {
    "conversations": [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "q #"},
        {"from": "gpt", "value": "a #"},
    ]
}
TOOLS = {
    "messages": [
        {"role": "developer", "content": "Use tools."},
        {"role": "user", "content": "weather #?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "w", "arguments": {"x": 1}}}
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "rain #"},
        {"role": "assistant", "content": "It rains in #."},
    ]
}
ANSWERS: list[tuple[str, Any, list[tuple[str, str]], str]] = [
    ("messages", SHAREGPT, [("system", "Be brief."), ("user", "q 7")], "a 7"),
    (
        "messages",
        TOOLS,
        [("system", "Use tools."), ("user", "weather 7?"), ("assistant", ""), ("tool", "rain 7")],
        "It rains in 7.",
    ),
    (
        "messages",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "q #"}]},
                      {"role": "assistant", "content": "a #"}]},
        [("user", "q 7")],
        "a 7",
    ),
    (
        "messages",
        {"messages": [{"role": "user", "content": "q #"}, {"role": "assistant", "content": "a #"},
                      {"role": "user", "content": "more"},
                      {"role": "assistant", "content": "bad", "weight": 0}]},
        [("user", "q 7")],
        "a 7",
    ),
    (
        "prompt_completion",
        {"question": "q #", "context": "c #", "answer": "a #"},
        [("user", "c 7\n\nq 7")],
        "a 7",
    ),
    (
        "text_to_sql",
        {"question": "q #", "schema": "CREATE TABLE t#", "sql": "SELECT #"},
        [("user", "CREATE TABLE t7\n\nq 7")],
        "SELECT 7",
    ),
    (
        "alpaca",
        {"instruction": "i #", "input": "", "output": "a #", "system": "s",
         "history": [["x", "y"]]},
        [("system", "s"), ("user", "x"), ("assistant", "y"), ("user", "i 7")],
        "a 7",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "row", "prompt", "answer"), ANSWERS)
def test_a_row_of_each_shape_becomes_prompt_and_answer(
    shape: str, row: Any, prompt: list[tuple[str, str]], answer: str
) -> None:
    # When
    document, sink = prepare(lines(row), "data.jsonl")

    # Then
    assert document.columns.shape == shape
    found = sink.all_rows()[7]
    assert [(message.role, message.content) for message in found.prompt] == prompt
    assert found.answer == answer


def test_tool_calls_keep_their_arguments_as_a_json_string() -> None:
    # When
    _, sink = prepare(lines(TOOLS), "data.jsonl")

    # Then
    calls = sink.all_rows()[0].prompt[2].tool_calls
    assert calls is not None
    assert calls[0]["function"] == {"name": "w", "arguments": '{"x":1}'}


def test_rows_without_a_label_are_rejected_from_one_hot_columns() -> None:
    # Given
    rows = [f"a rather long text about thing {n},{n % 2},{1 - n % 2}" for n in range(16)]
    rows += [f"an unlabelled text about thing {n},0,0" for n in range(4)]

    # When
    document, sink = prepare("text,fine,poor\n" + "\n".join(rows))

    # Then
    assert document.columns.shape == "one_hot"
    assert [rejected.reason for rejected in sink.rejected] == ["not_one_label"] * 4


def test_one_hot_columns_are_labels() -> None:
    # Given
    rows = [
        {"text": f"text number {n}", "good": int(n % 2 == 0), "bad": n % 2, "score": n / 7}
        for n in range(40)
    ]
    rows.append({"text": "both of them at once", "good": 1, "bad": 1, "score": 0.5})

    # When
    document, sink = prepare("\n".join(map(json.dumps, rows)), "data.jsonl")

    # Then
    assert document.labels == ["bad", "good"]
    assert [(r.reason, r.row) for r in sink.rejected] == [("not_one_label", 41)]


def test_a_ground_truth_manifest_gives_class_names() -> None:
    # Given
    rows = [
        {
            "source": f"text number {n}",
            "mood": n % 2,
            "mood-metadata": {
                "class-name": ["sad", "glad"][n % 2],
                "confidence": 0.9,
                "type": "groundtruth/text-classification",
            },
        }
        for n in range(20)
    ]
    rows.append({"source-ref": "s3://b/k", "mood": 0, "mood-metadata": rows[0]["mood-metadata"]})

    # When
    document, sink = prepare("\n".join(map(json.dumps, rows)), "output.manifest")

    # Then
    assert (document.columns.shape, document.labels) == ("ground_truth", ["glad", "sad"])
    assert [r.reason for r in sink.rejected] == ["source_ref"]


def test_a_template_makes_one_prompt_of_several_columns() -> None:
    # Given
    text = "place,dish,stars\n" + "".join(f"inn {n},soup {n},{n % 3}\n" for n in range(30))

    # When
    document, sink = prepare(text, template="{dish} at {place} {{!}}", columns={"label": "stars"})

    # Then
    assert sink.all_rows()[4].prompt[-1].content == "soup 4 at inn 4 {!}"
    assert document.columns.why == "The recipe's template makes the prompt of dish, place."


LIKELIHOOD_ROWS: dict[str, list[Any]] = {
    "preference": [
        {"prompt": "q #", "chosen": "good #", "rejected": "bad #"},
        {
            "chosen": [{"role": "user", "content": "q #"}, {"role": "assistant", "content": "y"}],
            "rejected": [{"role": "user", "content": "q #"}, {"role": "assistant", "content": "n"}],
        },
        {
            "conversations": [{"from": "human", "value": "q #"}],
            "chosen": {"from": "gpt", "value": "good #"},
            "rejected": {"from": "gpt", "value": "bad #"},
        },
    ],
    "kto": [{"prompt": "q #", "completion": "a #", "label": True}],
    "pretraining": [{"text": "some running text about the number #, at length"}],
}


@pytest.mark.parametrize(
    ("task", "row"), [(task, row) for task, rows in LIKELIHOOD_ROWS.items() for row in rows]
)
def test_the_task_follows_from_the_form_of_the_rows(task: str, row: Any) -> None:
    # When
    document, sink = prepare(lines(row), "data.jsonl")

    # Then
    assert (document.task, document.rows.source) == (task, 20)
    assert not sink.files["rejected.jsonl"]
    assert prepare(lines(row), "data.jsonl", task=task)[0].task == task


@pytest.mark.parametrize(
    ("wanted", "row"),
    [
        ("preference", {"prompt": "q #", "completion": "a #"}),
        ("pretraining", {"prompt": "q #", "completion": "a #", "label": True}),
        ("generation", {"text": "some running text about the number #, at length"}),
    ],
)
def test_rows_in_another_form_than_the_recipes_task_are_refused(wanted: str, row: Any) -> None:
    with pytest.raises(DatasetError, match=f"says task: {wanted}, and the rows of data.jsonl"):
        prepare(lines(row), "data.jsonl", task=wanted)


def test_judged_chats_are_learnt_as_chats_if_the_recipe_says_so() -> None:
    # Given
    turns = [{"role": "user", "content": "q #"}, {"role": "assistant", "content": "a #"}]
    text = lines({"messages": turns, "label": True})

    # Then
    assert prepare(text, "data.jsonl")[0].task == "kto"
    assert prepare(text, "data.jsonl", columns={"messages": "messages"})[0].task != "kto"


KNOWN_DATASETS: dict[str, tuple[dict[str, Any], str, dict[str, str]]] = {
    "Dolly": (
        {"instruction": "i #", "context": "c #", "response": "r #", "category": "qa"},
        "alpaca",
        {"prompt": "instruction", "completion": "response", "context": "context"},
    ),
    "OpenOrca": (
        {"id": "#", "system_prompt": "s", "question": "q #", "response": "r #"},
        "prompt_completion",
        {"prompt": "question", "completion": "response", "system": "system_prompt"},
    ),
    "SAMSum": (
        {"id": "#", "dialogue": "Amanda: hi # Jerry: yes", "summary": "they greet #"},
        "prompt_completion",
        {"prompt": "dialogue", "completion": "summary"},
    ),
    "UltraChat": (
        {
            "prompt": "q #",
            "prompt_id": "#",
            "messages": [
                {"role": "user", "content": "q #"},
                {"role": "assistant", "content": "a #"},
            ],
        },
        "messages",
        {"messages": "messages"},
    ),
    "GSM8K": (
        {"question": "how much is # and 1?", "answer": "it is # + 1"},
        "prompt_completion",
        {"prompt": "question", "completion": "answer"},
    ),
}


@pytest.mark.parametrize("name", KNOWN_DATASETS)
def test_the_columns_of_well_known_datasets_are_recognised(name: str) -> None:
    # Given
    row, shape, mapping = KNOWN_DATASETS[name]

    # When
    columns = prepare(lines(row), "data.jsonl")[0].columns

    # Then
    assert (columns.shape, columns.mapping) == (shape, mapping)


def test_a_label_column_is_preferred_when_its_name_sounds_like_one() -> None:
    # Given
    header = "tweet_id,airline_sentiment,retweeted,airline,text\n"
    rows = [
        f"{10**9 + n},{['bad', 'good', 'so-so'][n % 3]},{n % 2},{'abcd'[n % 4]},flight {n} is late"
        for n in range(60)
    ]

    # Then
    assert prepare(header + "\n".join(rows))[0].columns.mapping == {
        "text": "text",
        "label": "airline_sentiment",
    }


def test_columns_are_found_beside_empty_ones_and_with_meaningless_names() -> None:
    # Given
    text = "v1,v2,,\n" + "".join(
        f"{['ham', 'spam'][n % 2]},call number {n} to win a prize,,\n" for n in range(60)
    )

    # Then
    assert prepare(text)[0].columns.mapping == {"text": "v2", "label": "v1"}
