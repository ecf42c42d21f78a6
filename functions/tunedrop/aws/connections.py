"""Kept HTTP/1.1 connections to one host: h11 reads and writes the protocol, asyncio the bytes.

botocore's own client takes about 2 ms of CPU for a request, most of it in threads and in building
the request. This one takes a fraction of it (benchmarks/README.md) and needs no thread.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

CONNECT_SECONDS = 10.0  # A host that does not accept a connection in this time counts as down.


class HttpAnswer(NamedTuple):
    """A complete answer; names of headers are in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Connections:
    """As many connections as requests are sent at the same time, all within one event loop.

    Args:
        url: scheme, host and port; the rest is ignored.
        timeout: seconds that an answer may take.
        context: TLS settings, used when the scheme is https.
    """

    def __init__(self, url: str, timeout: float, context: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self._name = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._context = context if parts.scheme == "https" else None
        self._timeout = timeout
        self._idle: list[_Connection] = []

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        """Send one request and return its answer, whatever its status.

        Raises:
            TimeoutError: no connection or no answer in time.
            OSError: the host refused the connection, or broke it off.
            h11.RemoteProtocolError: the host does not speak HTTP/1.1.
        """
        request = h11.Request(method=method, target=path, headers=list(headers.items()))
        connection = await self._connection()
        try:
            async with asyncio.timeout(self._timeout):
                answer = await connection.exchange(request, body)
        except BaseException:  # An answer may still be on its way, so it cannot be used again.
            connection.close()
            raise
        if connection.may_be_kept():
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Close the connections that no request uses."""
        while self._idle:
            self._idle.pop().close()

    async def _connection(self) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_SECONDS):
            _, connection = await loop.create_connection(
                _Connection,
                self._name,
                self._port,
                ssl=self._context,
                server_hostname=self._name if self._context else None,
            )
        return connection


class _Connection(asyncio.Protocol):
    """One connection, on which one request at a time is answered."""

    def __init__(self) -> None:
        self.is_open = False
        self._http = h11.Connection(h11.CLIENT)
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[HttpAnswer] | None = None
        self._head: h11.Response
        self._body: list[bytes] = []

    async def exchange(self, request: h11.Request, body: bytes) -> HttpAnswer:
        """Send a request and wait for the whole answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._body = []
        self._transport.writelines(
            [
                self._http.send(request) or b"",
                self._http.send(h11.Data(data=body)) or b"",
                self._http.send(h11.EndOfMessage()) or b"",
            ]
        )
        return await self._answer

    def may_be_kept(self) -> bool:
        """Return whether the next request may use the connection; close it when it may not."""
        if self.is_open and self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            return True
        self.close()
        return False

    def close(self) -> None:
        """Close the connection at once."""
        self.is_open = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (called by asyncio)."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP and TLS give no other
        self._transport = transport
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Read what has arrived (called by asyncio)."""
        try:
            self._http.receive_data(data)
            self._read()
        except h11.RemoteProtocolError as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """End (called by asyncio): an answer without a length is complete, any other is lost."""
        self.is_open = False
        if exc is None:
            try:
                self._http.receive_data(b"")
                self._read()
            except (h11.RemoteProtocolError, RuntimeError):
                exc = ConnectionResetError("the host closed the connection before it had answered")
        self._fail(exc or ConnectionResetError("the host closed the connection"))

    def _read(self) -> None:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                self._head = event
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._complete()
                return
            elif not isinstance(event, h11.InformationalResponse):
                return

    def _complete(self) -> None:
        if self._answer and not self._answer.done():
            head = self._head
            answer = HttpAnswer(head.status_code, dict(head.headers), b"".join(self._body))
            self._answer.set_result(answer)

    def _fail(self, error: Exception) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)
