"""The SageMaker runtime: chats with an endpoint, many at the same time.

botocore signs the requests, names the address and describes the errors. Kept connections carry
the requests, because botocore's own client needs a thread and 2 ms of CPU for each.
"""

import json
import ssl
import time
from typing import Any, Self
from urllib.parse import quote

import h11
import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import get_cert_path

from tunedrop.aws.connections import Connections, HttpAnswer
from tunedrop.documents.answers import Answer, TokenLikelihood
from tunedrop.errors import HostingError
from tunedrop.ports.services import BusyError, Request

# Error codes of the runtime after which the same request can succeed.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
UNAVAILABLE = frozenset(
    (
        "ModelError",
        "ModelNotReadyException",
        "InternalDependencyException",
        "InternalFailure",
        "InternalServerException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    )
)
THROTTLED = frozenset(("ThrottlingException", "Throttling", "TooManyRequestsException"))
OK, BAD_REQUEST, REQUEST_TIMEOUT, TOO_MANY, SERVER_ERROR = 200, 400, 408, 429, 500  # HTTP.
TIMED_OUT = "timed out"  # Words of AWS's message when the container took more than 60 seconds.


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chat(msgspec.Struct):
    """An answer in the OpenAI chat format."""

    choices: list[_Choice]
    usage: _Usage | None = None


class _Likelihood(msgspec.Struct):
    logprob: float


_PromptLogprobs = list[dict[int, _Likelihood] | None]
"""vLLM's `prompt_logprobs`: for each token of the prompt its id with its likelihood.

https://docs.vllm.ai/en/latest/api/vllm/logprobs
"""


class _ScoredChoice(msgspec.Struct):
    prompt_logprobs: _PromptLogprobs | None = None


class _Scored(msgspec.Struct):
    """An answer with likelihoods: a chat has them beside its choices, a completion within one."""

    choices: list[_ScoredChoice]
    prompt_logprobs: _PromptLogprobs | None = None


class EndpointInference:
    """The SageMaker runtime as `tunedrop.ports.services.Inference`.

    Args:
        client: botocore's client of the runtime; its address, Region and time limit are used.
        credentials: botocore's credentials.
    """

    def __init__(self, client: Any, credentials: Any) -> None:
        meta = client.meta
        self._url: str = meta.endpoint_url.rstrip("/")
        self._signer = SigV4Auth(credentials, meta.service_model.signing_name, meta.region_name)
        self._connections = Connections(self._url, meta.config.read_timeout, _tls(self._url))

    async def __aenter__(self) -> Self:
        """Begin to ask; all chats belong to the event loop of this call."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        self._connections.close()

    async def chat(self, endpoint: str, payload: Request) -> Answer:
        """Send one chat in the OpenAI format, once.

        Raises:
            BusyError: the endpoint did not answer now; the same request may succeed later.
            HostingError: the endpoint is gone, or refused the request.
        """
        began = time.monotonic()
        body = await self._send(endpoint, payload)
        return _answer(body, time.monotonic() - began)

    async def likelihoods(self, endpoint: str, payload: Request) -> list[TokenLikelihood]:
        """Send one chat or completion with `prompt_logprobs` 0, once.

        Raises:
            BusyError: as `chat`.
            HostingError: as `chat`, and when the answer has no likelihoods.
        """
        return _likelihoods(endpoint, await self._send(endpoint, payload))

    async def _send(self, endpoint: str, payload: Request) -> bytes:
        """Return the body of the answer to one request."""
        path = f"/endpoints/{quote(endpoint, safe='')}/invocations"
        body = json.dumps(payload).encode()
        try:
            answer = await self._connections.send("POST", path, self._headers(path, body), body)
        except TimeoutError as error:
            raise _busy(endpoint, "no answer in time", "timeout") from error
        except (OSError, h11.RemoteProtocolError) as error:
            raise _busy(endpoint, f"{type(error).__name__}: {error}", "unavailable") from error
        if answer.status != OK:
            raise _refusal(endpoint, answer)
        return answer.body

    def _headers(self, path: str, body: bytes) -> dict[str, str]:
        """Return the signed headers of a request."""
        request = AWSRequest("POST", self._url + path, {"Content-Type": "application/json"}, body)
        self._signer.add_auth(request)
        headers = dict(request.headers.items())
        return {**headers, "Host": self._connections.host, "Content-Length": str(len(body))}


def _tls(url: str) -> ssl.SSLContext | None:
    """Return TLS settings with the certificates that botocore trusts."""
    if not url.startswith("https"):
        return None
    return ssl.create_default_context(cafile=get_cert_path(verify=True))


def _answer(body: bytes, seconds: float) -> Answer:
    chat = msgspec.json.decode(body, type=_Chat)
    choice, usage = chat.choices[0], chat.usage or _Usage()
    return Answer(
        text=choice.message.content or "",
        finish_reason=choice.finish_reason or "stop",
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        seconds=seconds,
    )


def _likelihoods(endpoint: str, body: bytes) -> list[TokenLikelihood]:
    scored = msgspec.json.decode(body, type=_Scored)
    found = scored.prompt_logprobs or scored.choices[0].prompt_logprobs
    if not found:
        raise HostingError(
            f"The endpoint {endpoint} answered without the likelihoods of the prompt's tokens.",
            "Use a serving image that knows prompt_logprobs, such as AWS's image of vLLM.",
        )
    return [_token(position) for position in found]


def _token(position: dict[int, _Likelihood] | None) -> TokenLikelihood:
    """Return the prompt's own token; vLLM names it first, should others be listed too."""
    if not position:
        return TokenLikelihood(-1, None)
    token, likelihood = next(iter(position.items()))
    return TokenLikelihood(token, likelihood.logprob)


def _refusal(endpoint: str, answer: HttpAnswer) -> Exception:
    """Return the error of an answer that is not 200: BusyError when a retry can help."""
    details = _details(answer.body)
    # AWS may add ":" and an address to the code.
    code = answer.headers.get(b"x-amzn-errortype", b"").decode().split(":")[0]
    code = code or str(details.get("__type", "")).split("#")[-1]
    message = details.get("Message") or details.get("message") or f"HTTP status {answer.status}"
    reason = str(details.get("OriginalMessage") or message)
    if code in THROTTLED or answer.status == TOO_MANY:
        return _busy(endpoint, reason, "throttled")
    if BAD_REQUEST <= details.get("OriginalStatusCode", 0) < SERVER_ERROR:
        return _by_container(endpoint, reason, details["OriginalStatusCode"])
    if code in UNAVAILABLE or answer.status >= SERVER_ERROR:
        return _busy(endpoint, reason, "timeout" if TIMED_OUT in reason else "unavailable")
    return _hosting_error(endpoint, reason)


def _by_container(endpoint: str, reason: str, status: int) -> Exception:
    """Return the error of a container that answered 4xx: most refuse the request for good."""
    if status == TOO_MANY:
        return _busy(endpoint, reason, "throttled")
    if status == REQUEST_TIMEOUT:
        return _busy(endpoint, reason, "timeout")
    return _hosting_error(endpoint, reason)


def _details(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:  # A load balancer answers in HTML.
        return {}
    return found if isinstance(found, dict) else {}


def _busy(endpoint: str, reason: str, kind: Any) -> BusyError:
    return BusyError(kind, _hosting_error(endpoint, reason))


def _hosting_error(endpoint: str, reason: str) -> HostingError:
    return HostingError(
        f"The endpoint {endpoint} stopped answering: {reason}",
        f"Read the log group /aws/sagemaker/Endpoints/{endpoint}; then drop the file again.",
    )
