"""The client of endpoints on a real HTTP server: signatures, kept connections, kinds of errors."""

import asyncio
import json
import re

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from tests.functional.aws.runtime_server import (
    RuntimeServer,
    Scripted,
    failed,
    runtime_server,
    said,
    scored,
)
from tunedrop.aws.inference import EndpointInference
from tunedrop.documents.answers import Answer, TokenLikelihood
from tunedrop.errors import HostingError
from tunedrop.ports.services import BusyError

CREDENTIALS = Credentials("AKIAEXAMPLE", "secret", "session")


def inference(server: RuntimeServer, seconds: float = 30.0) -> EndpointInference:
    """Return the adapter for this server; `seconds` is the time that an answer may take."""
    client = boto3.client(
        "sagemaker-runtime",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(read_timeout=seconds),
    )
    return EndpointInference(client, CREDENTIALS)


def chat(server: RuntimeServer, times: int = 1, seconds: float = 30.0) -> list[Answer]:
    """Ask the server one chat after another."""

    async def ask() -> list[Answer]:
        async with inference(server, seconds) as asker:
            return [await asker.chat("e-1", {"model": "tuned", "n": n}) for n in range(times)]

    return asyncio.run(ask())


def test_an_answer_has_text_reason_tokens_and_seconds() -> None:
    with runtime_server(said("positive", "length")) as server:
        (answer,) = chat(server)

    assert (answer.text, answer.finish_reason) == ("positive", "length")
    assert (answer.prompt_tokens, answer.completion_tokens) == (12, 3)
    assert answer.seconds > 0


def likelihoods(server: RuntimeServer) -> list[TokenLikelihood]:
    """Ask the server once for the likelihoods of a prompt."""

    async def ask() -> list[TokenLikelihood]:
        async with inference(server) as asker:
            return await asker.likelihoods("e-1", {"model": "tuned", "prompt_logprobs": 0})

    return asyncio.run(ask())


@pytest.mark.parametrize("within_choice", [False, True], ids=["a chat", "a completion"])
def test_likelihoods_are_those_of_the_prompts_own_tokens(*, within_choice: bool) -> None:
    # Given an answer that also lists a token that is likelier than the prompt's
    with runtime_server(scored(within_choice=within_choice)) as server:
        found = likelihoods(server)

    # Then
    assert found == [(-1, None), (17, -0.5), (4, -9.0)]


def test_an_answer_without_likelihoods_is_an_error_with_a_remedy() -> None:
    with runtime_server(said("x")) as server, pytest.raises(HostingError) as caught:
        likelihoods(server)

    assert "without the likelihoods" in caught.value.message
    assert "prompt_logprobs" in caught.value.remedy


def test_likelihoods_of_a_busy_endpoint_can_be_asked_again() -> None:
    busy = failed("ThrottlingException", 400)

    with runtime_server(busy) as server, pytest.raises(BusyError):
        likelihoods(server)


def test_an_answer_in_chunks_is_read_to_its_end() -> None:
    # Given
    whole = said("positive")
    chunked = Scripted(body=whole.body, chunked=True)

    # When
    with runtime_server(chunked) as server:
        answers = chat(server, times=2)

    # Then
    assert [each.text for each in answers] == ["positive", "positive"]
    assert server.connections == 1


def test_a_request_carries_the_signature_that_botocore_gives_it() -> None:
    # Given
    with runtime_server(said("positive")) as server:
        chat(server)
    path, headers, body = server.requests[0]

    # When the same request is signed anew at the time that it names
    names = re.search("SignedHeaders=([^,]+)", headers["Authorization"])
    assert names
    signed = {name: value for name, value in headers.items() if name.lower() in names[1].split(";")}
    again = AWSRequest("POST", server.url + path, signed, body)
    again.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(CREDENTIALS, "sagemaker", "us-east-1")
    canonical = signer.canonical_request(again)
    signature = signer.signature(signer.string_to_sign(again, canonical), again)

    # Then
    assert path == "/endpoints/e-1/invocations"
    assert json.loads(body) == {"model": "tuned", "n": 0}
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Amz-Security-Token"] == "session"
    assert headers["Authorization"].endswith(f"Signature={signature}")


def test_one_connection_carries_one_chat_after_another() -> None:
    with runtime_server(said("positive")) as server:
        chat(server, times=5)

    assert len(server.requests) == 5
    assert server.connections == 1


def test_chats_at_the_same_time_have_a_connection_each() -> None:
    # Given
    slow = Scripted(body=said("positive").body, seconds=0.3)

    async def ask(server: RuntimeServer) -> None:
        async with inference(server) as asker:
            await asyncio.gather(*(asker.chat("e-1", {"n": n}) for n in range(8)))

    # When
    with runtime_server(slow) as server:
        asyncio.run(ask(server))

    # Then
    assert server.connections == 8


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failed("ModelError", 424, 500), "unavailable"),
        (failed("ModelError", 424, 0, "The container is not running"), "unavailable"),
        (failed("ModelError", 424, 0, "Your invocation timed out while waiting"), "timeout"),
        (failed("ModelError", 424, 429), "throttled"),
        (failed("ModelError:http://internal.amazon.com/", 424, 503), "unavailable"),
        (failed("ThrottlingException", 400), "throttled"),
        (failed("ServiceUnavailable", 503), "unavailable"),
        (failed("ModelNotReadyException", 429), "throttled"),
        (failed("InternalFailure", 500), "unavailable"),
        (Scripted(status=502, body=b"<html>Bad gateway</html>"), "unavailable"),
        (Scripted(breaks=True), "unavailable"),
        (Scripted(body=said("late").body, seconds=2.0), "timeout"),
    ],
    ids=lambda value: "" if isinstance(value, Scripted) else str(value),
)
def test_a_failure_that_may_pass_is_busy_with_its_kind(answer: Scripted, kind: str) -> None:
    # When
    with runtime_server(answer) as server, pytest.raises(BusyError) as caught:
        chat(server, seconds=0.5 if answer.seconds else 30.0)

    # Then
    assert caught.value.kind == kind
    assert isinstance(caught.value.final, HostingError)


@pytest.mark.parametrize(
    "answer",
    [
        failed("ModelError", 424, 400, "prompt too long"),
        failed("ValidationError", 400, message="Endpoint e-1 of account 1 not found."),
        failed("AccessDeniedException", 403),
        Scripted(status=413, body=b'{"message": "HTTP content length exceeded 6291456 bytes."}'),
    ],
    ids=["the container refuses", "no such endpoint", "no permission", "too large"],
)
def test_a_refusal_for_good_is_a_hosting_error_with_the_reason(answer: Scripted) -> None:
    # When
    with runtime_server(answer) as server, pytest.raises(HostingError) as caught:
        chat(server)

    # Then
    details = json.loads(answer.body)
    assert (details.get("Message") or details["message"]) in caught.value.message


def test_an_endpoint_where_nothing_listens_is_busy() -> None:
    # Given
    with runtime_server(said("positive")) as server:
        pass

    # Then
    with pytest.raises(BusyError, match="stopped answering") as caught:
        chat(server)
    assert caught.value.kind == "unavailable"


def test_a_late_answer_is_not_taken_for_that_of_the_next_chat() -> None:
    # Given an answer that comes after its chat was given up
    late, next_one = Scripted(body=said("late").body, seconds=1.0), said("right")

    async def ask(server: RuntimeServer) -> str:
        async with inference(server, 0.3) as asker:
            with pytest.raises(BusyError):
                await asker.chat("e-1", {"n": 1})
            return (await asker.chat("e-1", {"n": 2})).text

    # When
    with runtime_server(late, next_one) as server:
        text = asyncio.run(ask(server))

    # Then
    assert text == "right"
    assert server.connections == 2


def test_a_connection_that_the_host_closed_is_replaced() -> None:
    # Given a host that closes a connection after its answer
    closing = Scripted(body=said("first").body, closes=True)

    async def ask(server: RuntimeServer) -> list[str]:
        async with inference(server) as asker:
            first = await asker.chat("e-1", {"n": 1})
            while any(each.is_open for each in asker._connections._idle):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            return [first.text, (await asker.chat("e-1", {"n": 2})).text]

    # When
    with runtime_server(closing, said("second")) as server:
        texts = asyncio.run(ask(server))

    # Then
    assert texts == ["first", "second"]
    assert server.connections == 2
