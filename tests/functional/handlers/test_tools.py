"""Rows that call tools, from the drop to the questions that both models get."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.pipeline.drives import KEY
from tests.support.pipeline.fakes import FakeInference
from tests.support.pipeline.stack import Stack
from tunedrop.documents.answers import Answer

TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {}}}


def row(number: int) -> str:
    """Return a conversation: a call, its result, and a second call to be learnt."""

    def call(order: int) -> dict[str, Any]:
        function = {"name": "find_order", "arguments": json.dumps({"id": order})}
        calls = [{"id": "c1", "type": "function", "function": function}]
        return {"role": "assistant", "content": None, "tool_calls": calls}

    messages = [
        {"role": "user", "content": f"where are orders {number} and {number + 1}?"},
        call(number),
        {"role": "tool", "tool_call_id": "c1", "content": "on its way"},
        call(number + 1),
    ]
    return json.dumps({"messages": messages, "tools": [TOOL]})


class CallingInference(FakeInference):
    """A base model that answers in words, and a tuned one that calls; both record the questions."""

    def __init__(self) -> None:
        super().__init__()
        self.payloads: list[Mapping[str, Any]] = []

    async def chat(self, endpoint: str, payload: Mapping[str, Any]) -> Answer:
        del endpoint
        self.payloads.append(payload)
        order = int(payload["messages"][0]["content"].split()[-1].strip("?"))
        call = f'<tool_call>{{"name": "find_order", "arguments": {{"id": {order}}}}}</tool_call>'
        return Answer(call if payload["model"] == "tuned" else "Let me see.")


@pytest.mark.usefixtures("base_model")
@pytest.mark.parametrize(
    ("written", "turn"),
    [
        ("template", {"role": "assistant", "content": ""}),
        (
            "text",
            {
                "role": "assistant",
                "content": '{{"name": "find_order", "arguments": {{"id": {}}}}}',
            },
        ),
    ],
)
def test_tool_calls_are_asked_as_trained_and_judged_as_calls(
    stack: Stack, written: str, turn: dict[str, str]
) -> None:
    # Given
    stack.drop(KEY, "\n".join(row(n) for n in range(60)).encode())
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    name = stack.run(folder).name
    summary = json.dumps({"tool_calls": written}).encode()
    stack.drop(f"{folder}/model/x/output/model/training_summary.json", summary)
    bucket = stack.run(folder).source.bucket
    artifact = f"s3://{bucket}/{folder}/model/x/output/model/"
    stack.sagemaker.set_job(name, "Completed", artifact=artifact)
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    inference = CallingInference()
    stack.inference = inference

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then the questions have the form that was trained on, and the calls are judged as calls
    for payload in inference.payloads:
        assert (payload["tools"], payload["tool_choice"]) == ([TOOL], "none")
        _, called, answered = payload["messages"]
        order = payload["messages"][0]["content"].split()[3]
        assert called["content"] == turn["content"].format(order)
        assert ("tool_calls" in called) == (written == "template")
        assert answered["tool_call_id"] == "c1"
    report = json.loads(stack.read(f"{folder}/report/report.json"))
    assert stack.run(folder).status == "succeeded"
    assert report["primary_metric"] == "tool_call"
    shares = {name: report["tuned"]["metrics"][name]["value"] for name in report["metrics"]}
    assert [shares[name] for name in ("tool_call", "tool_name", "tool_arguments")] == [1, 1, 1]
    assert report["base"]["metrics"]["tool_name"]["value"] == 0
    assert '"find_order"' in json.dumps(report).replace("\\", "")
    assert "Let me see." in json.dumps(report)
