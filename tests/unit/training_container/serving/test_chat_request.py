"""A request with a field that is not supported is refused, and the field is named."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.chat_request import RequestError, read_chat_request

MESSAGES = [{"role": "user", "content": "Hello"}]

TOOL = {"type": "function", "function": {"name": "find_order"}}


def calling(arguments: str) -> dict[str, Any]:
    """Return an assistant's message without text that calls a tool."""
    function = {"name": "find_order", "arguments": arguments}
    return {"role": "assistant", "content": None, "tool_calls": [{"function": function}]}


def read(**fields: Any) -> Any:
    body = json.dumps({"messages": MESSAGES, **fields}).encode()
    return read_chat_request(body, served=("base", "tuned"), default="base")


def test_request_of_an_evaluation_is_read() -> None:
    request = read(model="tuned", max_tokens=256, temperature=0, seed=1, stop=["\n"], top_p=0.9)

    assert (request.model, request.max_tokens, request.temperature) == ("tuned", 256, 0.0)
    assert (request.seed, request.stop, request.top_p) == (1, ("\n",), 0.9)
    assert request.messages == MESSAGES


def test_missing_fields_have_openais_defaults() -> None:
    request = read(stop="END", n=1, stream=False, user="someone", seed=None)

    assert (request.model, request.max_tokens, request.temperature) == ("base", None, 1.0)
    assert request.stop == ("END",)


def test_request_for_likelihoods_is_read() -> None:
    request = read(prompt_logprobs=0, add_generation_prompt=False, max_tokens=1)

    assert (request.prompt_logprobs, request.add_generation_prompt) == (True, False)
    assert not read().prompt_logprobs
    assert read().add_generation_prompt


def test_completion_has_a_text_instead_of_messages() -> None:
    # Given a body with a prompt
    body = json.dumps({"prompt": "once upon", "prompt_logprobs": 0, "add_special_tokens": False})

    # When it is read
    request = read_chat_request(body.encode(), served=("base",), default="base")

    # Then
    assert (request.text, request.messages) == ("once upon", [])
    assert (request.add_special_tokens, request.max_tokens) == (False, 16)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": "x", "messages": MESSAGES}, "messages"),
        ({"prompt": "x", "add_special_tokens": 1}, "add_special_tokens"),
        ({"prompt": "x", "add_generation_prompt": False}, "add_generation_prompt"),
    ],
)
def test_wrong_field_of_a_completion_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as refusal:
        read_chat_request(json.dumps(fields).encode(), served=("base",), default="base")

    assert refusal.value.field == field


def test_tools_and_calls_are_read_with_parsed_arguments() -> None:
    # Given a conversation with a call and its answer
    answered = {"role": "tool", "content": "sent", "tool_call_id": "c1", "name": "find_order"}

    # When the request is read
    request = read(
        messages=[*MESSAGES, calling('{"id": 7}'), answered], tools=[TOOL], tool_choice="none"
    )

    # Then the chat template gets what it expects
    assert request.tools == [TOOL]
    assert request.messages[1]["content"] == ""
    assert request.messages[1]["tool_calls"][0]["function"]["arguments"] == {"id": 7}
    assert request.messages[2] == answered


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": ["Hello"]}, "messages[0]"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [*MESSAGES, {"role": "user"}]}, "messages[1].content"),
        ({"messages": [{"role": "user", "content": "\ud83d"}]}, "messages[0].content"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"temperature": 2.5}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"seed": 1.5}, "seed"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"stop": {"a": 1}}, "stop"),
        ({"stream": True}, "stream"),
        ({"n": 2}, "n"),
        ({"prompt_logprobs": 1}, "prompt_logprobs"),
        ({"prompt_logprobs": False}, "prompt_logprobs"),
        ({"add_generation_prompt": "no"}, "add_generation_prompt"),
        ({"add_special_tokens": True}, "add_special_tokens"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"model": 5}, "model"),
        ({"messages": [{"role": "assistant", "tool_calls": [1]}]}, "messages[0].tool_calls"),
        ({"messages": [calling("{")]}, "messages[0].tool_calls"),
        ({"messages": [calling("[1]")]}, "messages[0].tool_calls"),
        ({"messages": [calling('{"a": "\\ud83d"}')]}, "messages[0].tool_calls"),
        ({"messages": [{"role": "assistant", "content": None}]}, "messages[0].content"),
        ({"tools": [TOOL]}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": "auto"}, "tool_choice"),
        ({"tools": "hammer", "tool_choice": "none"}, "tools"),
        ({"tools": ["hammer"], "tool_choice": "none"}, "tools"),
    ],
)
def test_wrong_field_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as refusal:
        read(**fields)

    assert refusal.value.status == HTTPStatus.BAD_REQUEST
    assert refusal.value.field == field
    assert f"`{field}`" in str(refusal.value)


def test_unknown_model_is_not_found_and_the_known_ones_are_listed() -> None:
    with pytest.raises(RequestError, match="`better` does not exist; served: base, tuned") as error:
        read(model="better")

    assert error.value.status == HTTPStatus.NOT_FOUND


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
names = st.sampled_from(
    ["model", "messages", "max_tokens", "temperature", "top_p", "seed", "stop", "prompt",
     "prompt_logprobs", "add_generation_prompt"]
)  # fmt: skip


def status_of(body: bytes) -> HTTPStatus:
    """Return the status of the answer. Any error other than a refusal fails the test."""
    try:
        read_chat_request(body, served=("base",), default="base")
    except RequestError as refusal:
        return refusal.status
    return HTTPStatus.OK


@given(st.dictionaries(names, json_values) | json_values)
def test_any_json_is_either_answered_or_refused(content: Any) -> None:
    refusals = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}

    assert status_of(json.dumps(content).encode()) in {HTTPStatus.OK, *refusals}


@given(st.binary(max_size=20))
def test_bytes_that_are_no_json_are_refused(body: bytes) -> None:
    assert status_of(body) == HTTPStatus.BAD_REQUEST
