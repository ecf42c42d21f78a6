"""Clients as boto3 makes them: every operation is one call of the world."""

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

Call = Callable[[str, str, Mapping[str, Any]], Any]


class Client:
    """A client of one service; `call` takes the service, the operation and its arguments."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self, service: str, call: Call) -> None:
        self._service = service
        self._call = call

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(*positional: Any, **arguments: Any) -> Any:
            if operation == "upload_file":
                arguments = dict(zip(("path", "bucket", "key"), positional, strict=True))
            return self._call(self._service, operation, arguments)

        return call

    def get_paginator(self, operation: str) -> Any:
        """Return a paginator whose only page is the whole answer."""

        def paginate(**arguments: Any) -> Iterator[Any]:
            yield self._call(self._service, operation, arguments)

        return SimpleNamespace(paginate=paginate)
