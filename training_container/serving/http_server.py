"""The HTTP server that SageMaker asks: `GET /ping`, `POST /invocations`, and OpenAI's paths.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import json
import time
import traceback
import uuid
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final

from serving.batching import BatchQueue, ServerStoppingError
from serving.chat_request import RequestError, read_chat_request
from serving.decoding import Conversation
from serving.served_model import ServedModel

ANSWERED: Final = ("/invocations", "/v1/chat/completions", "/v1/completions")
"""The paths that answer requests. As in vLLM, a body with `prompt` asks for a completion."""

MAX_BODY_BYTES: Final = 6_291_456
"""The largest body of a request. InvokeEndpoint accepts no larger one."""


class ChatServer(ThreadingHTTPServer):
    """The server. A thread for each connection parses and waits; the batch queue computes."""

    request_queue_size = 1024
    """Connections that may wait to be accepted. Linux resets some of those beyond this number, and
    clients see `Connection reset by peer`."""
    daemon_threads = True

    def __init__(self, address: tuple[str, int], model: ServedModel, queue: BatchQueue) -> None:
        super().__init__(address, _Handler)
        self.model = model
        self.queue = queue


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm: ClassVar[bool] = True

    def do_GET(self) -> None:
        """Answer health checks."""
        if self.path != "/ping":
            self._send_error(RequestError(HTTPStatus.NOT_FOUND, f"nothing at {self.path}"))
        elif self.server.queue.healthy:
            self._send(HTTPStatus.OK, {})
        else:
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, {})

    def do_POST(self) -> None:
        """Answer chats and completions."""
        body = self._read_body()
        if body is None:
            return
        try:
            self._send(HTTPStatus.OK, self._answer(body))
        except RequestError as error:
            self._send_error(error)
        except ServerStoppingError:
            stopping = RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "the server is stopping")
            self._send_error(stopping)
        except Exception as error:  # noqa: BLE001  the client must get an answer
            traceback.print_exception(error)
            reason = f"{type(error).__name__}: {error}"
            self._send_error(RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, reason))

    def _answer(self, body: bytes) -> dict[str, Any]:
        if self.path not in ANSWERED:
            raise RequestError(HTTPStatus.NOT_FOUND, f"nothing at {self.path}")
        names = self.server.model.names
        request = read_chat_request(body, served=names, default=names[0])
        conversation = self.server.model.conversation(request)
        finished = self.server.queue.submit(request.model, conversation).result()
        likelihoods = prompt_logprobs(finished, self.server.model.token)
        if request.text is None:
            return completion(request.model, finished, likelihoods)
        return text_completion(request.model, finished, likelihoods)

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True  # its end is unknown, so no other request can follow
            refused = f"a body needs a Content-Length of at most {MAX_BODY_BYTES} bytes"
            self._send_error(RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, refused))
            return None
        return self.rfile.read(int(length))

    def _send_error(self, error: RequestError) -> None:
        kind = "".join(word.capitalize() for word in error.status.phrase.split()) + "Error"
        self._send(
            error.status,
            {
                "error": {
                    "message": str(error),
                    "type": kind,
                    "param": error.field,
                    "code": error.status.value,
                }
            },
        )

    def _send(self, status: HTTPStatus, content: dict[str, Any]) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log no single requests: a health check comes every few seconds."""


PromptLogprobs = list[dict[str, Any] | None] | None
"""For each token of a prompt its id with its likelihood; None for the first, which has none.
It is None as a whole when the request did not ask for it."""


def completion(
    model: str, conversation: Conversation, likelihoods: PromptLogprobs = None
) -> dict[str, Any]:
    """Return a finished conversation as OpenAI's API does, with vLLM's `prompt_logprobs`."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": conversation.text},
        "finish_reason": conversation.finish_reason,
    }
    answer = _answered("chatcmpl", "chat.completion", model, conversation, choice)
    return answer | ({} if likelihoods is None else {"prompt_logprobs": likelihoods})


def text_completion(
    model: str, conversation: Conversation, likelihoods: PromptLogprobs = None
) -> dict[str, Any]:
    """Return a finished completion as OpenAI's API does; vLLM has `prompt_logprobs` in a choice."""
    choice = {
        "index": 0,
        "text": conversation.text,
        "finish_reason": conversation.finish_reason,
        **({} if likelihoods is None else {"prompt_logprobs": likelihoods}),
    }
    return _answered("cmpl", "text_completion", model, conversation, choice)


def prompt_logprobs(conversation: Conversation, text_of: Callable[[int], str]) -> PromptLogprobs:
    """Return the likelihoods of a prompt in vLLM's form, if they were asked for.

    Source: https://docs.vllm.ai/en/latest/api/vllm/logprobs
    """
    if not conversation.wants_likelihoods:
        return None
    scored = zip(conversation.prompt_ids[1:], conversation.prompt_likelihoods, strict=True)
    return [
        None,
        *(
            {str(token): {**one._asdict(), "decoded_token": text_of(token)}}
            for token, one in scored
        ),
    ]


def _answered(
    prefix: str, kind: str, model: str, conversation: Conversation, choice: dict[str, Any]
) -> dict[str, Any]:
    asked, answered = len(conversation.prompt_ids), len(conversation.answer_ids)
    return {
        "id": f"{prefix}-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        },
    }
