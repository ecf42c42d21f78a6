"""What the domain needs of endpoints, email, Lambda and CodeBuild; `tunedrop.aws` implements it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, Self

import msgspec

from tunedrop.documents.answers import Answer, TokenLikelihood
from tunedrop.documents.run import Run

Request = Mapping[str, Any]


class ImageBuild(msgspec.Struct, frozen=True, kw_only=True):
    """A build of the training image; `request` is empty if a person started it."""

    status: str
    tag: str
    request: Mapping[str, Any]
    problem: str = ""
    log: str = ""
    log_tail: str = ""


class ImageBuilds(Protocol):
    """Builds of the training image, and the images that exist, by tag."""

    def image(self, tag: str) -> str:
        """Return the URI by digest of the image with this tag, or an empty text."""

    def start(self, sources: Sequence[str], tag: str, request: Mapping[str, Any]) -> None:
        """Start a build whose end answers `request`; the same request starts only one."""

    def build(self, build_id: str) -> ImageBuild:
        """Describe a build; raises LookupError when there is none of this id."""


class BusyError(Exception):
    """An endpoint did not answer now; the same request may succeed later.

    Args:
        kind: "throttled" when it asks for fewer requests, "timeout" when it took too long,
            "unavailable" for any other temporary failure.
        final: the error to raise when no retry helps.
    """

    def __init__(
        self, kind: Literal["throttled", "timeout", "unavailable"], final: Exception
    ) -> None:
        super().__init__(str(final))
        self.kind = kind
        self.final = final


class Inference(Protocol):
    """Sends chats to an endpoint, many at the same time, within `async with`."""

    async def __aenter__(self) -> Self:
        """Begin to ask."""

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""

    async def chat(self, endpoint: str, payload: Request) -> Answer:
        """Answer one chat.

        Raises BusyError when a retry may help, HostingError when it cannot.
        """

    async def likelihoods(self, endpoint: str, payload: Request) -> list[TokenLikelihood]:
        """Return each token of the payload's prompt with its likelihood.

        The payload is a chat or a completion with `prompt_logprobs` 0. Raises as `chat`, and
        HostingError when the answer has no likelihoods.
        """


class Mail(Protocol):
    """The topic that people subscribe to."""

    def publish(self, subject: str, body: str) -> str:
        """Send one message and return its id."""

    def unconfirmed(self) -> list[str]:
        """Return the addresses that have not confirmed yet and therefore get no email."""


class Measures(Protocol):
    """Figures for the alarms and the dashboard."""

    def run_ended(self, run: Run) -> None:
        """Tell the figures of a run that has ended."""

    def of_stack(self, oldest_seconds: float, month_usd: float) -> None:
        """Tell the age of the oldest live run, and US dollars of this month's training jobs."""


class JobLogs(Protocol):
    """The log groups that SageMaker makes for jobs and endpoints."""

    def tidy(self) -> list[str]:
        """Limit how long they are kept; returns what was done, a line for each group."""


class Quotas(Protocol):
    """How many instances of each kind the account may use."""

    def known(self) -> Mapping[str, float]:
        """Return SageMaker's quotas by their names; empty if they cannot be read."""


class Functions(Protocol):
    """Calls the application's own functions by the name of their stage."""

    def send(self, function: str, event: Request) -> None:
        """Invoke a function asynchronously."""
