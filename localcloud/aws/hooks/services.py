"""Adds localcloud's services to ministack: routing, IAM action and resource, answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.services import tagging

from localcloud.service import Service, ServiceError, ServiceRequest, ServiceResponse

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = tuple[int, dict[str, str], bytes]
JSON_TYPE = "application/x-amz-json-1.1"

log = logging.getLogger("localcloud.services")


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """How requests for one service are recognised, authorized and answered."""

    name: str
    service: Service
    target_prefix: str
    routes: dict[str, str]
    resource_arn: Callable[[ServiceRequest], str]
    resource_tags: Callable[[], list[tuple[str, list[dict[str, str]]]]]

    def request(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> ServiceRequest:
        """Read a request; a body that is no JSON object is refused as AWS refuses it."""
        target = headers.get("x-amz-target", "")
        is_json = target.startswith(self.target_prefix)
        return ServiceRequest(
            operation=target[len(self.target_prefix) :] if is_json else self._route(method, path),
            payload=_json_object(body) if is_json else {},
            method=method,
            path=path,
            headers=headers,
            body=body,
            access_key_id=router.extract_access_key_id(headers),
        )

    def _route(self, method: str, path: str) -> str:
        for pattern, operation in self.routes.items():
            if re.fullmatch(pattern, f"{method} {path}"):
                return operation
        return ""


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", f"the body is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise ServiceError("SerializationException", "the body is not a JSON object")
    return payload


class _Module:
    """What ministack expects of a service module."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, _query: dict[str, Any]
    ) -> Answer:
        """Answer on a worker thread, so that a slow service delays no other request."""
        return await asyncio.to_thread(self._answer, method, path, headers, body)

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        try:
            request = self._registration.request(method, path, headers, body)
            return _success(self._registration.service.handle(request))
        except ServiceError as error:
            return _error(error.code, error.message, error.status)
        except Exception:
            log.exception(
                "%s %s failed", self._registration.name, headers.get("x-amz-target", path)
            )
            return _error("InternalFailure", "localcloud failed; see localcloud.log", 500)

    def get_state(self) -> None:
        """Give ministack nothing to persist."""

    def load_persisted_state(self, _data: object) -> None:
        """Ignore persisted state: there is none."""

    def reset(self) -> None:
        """Keep the service's state when ministack is reset."""


def _success(result: dict[str, Any] | ServiceResponse) -> Answer:
    if isinstance(result, ServiceResponse):
        # ministack replaces a JSON `Content-Type` where a service has two protocols. It looks for
        # this spelling only, so a name in lower case is left alone; HTTP ignores the case.
        return result.status, {k.lower(): v for k, v in result.headers.items()}, result.body
    return 200, {"Content-Type": JSON_TYPE}, json.dumps(result, default=_epoch).encode()


def _error(code: str, message: str, status: int) -> Answer:
    body = json.dumps({"__type": code, "message": message}).encode()
    return status, {"Content-Type": JSON_TYPE, "x-amzn-errortype": code}, body


def _epoch(value: object) -> float:
    if isinstance(value, dt.datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} cannot be part of an AWS JSON answer")


_registrations: dict[str, Registration] = {}
_extract_action = iam_actions.extract_iam_action
_extract_resource = iam_actions.extract_resource_arn


def _iam_action(  # noqa: PLR0913, PLR0917  # ministack's signature
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: Any
) -> str | None:
    registration = _registrations.get(service)
    if registration is None:
        action: str | None = _extract_action(service, method, path, headers, body, query)
        return action
    operation = registration.request(method, path, headers, b"").operation
    # An unknown route is only authenticated; the service then refuses it by name.
    return f"{service}:{operation}" if operation else None


def _iam_resource(  # noqa: PLR0913, PLR0917  # ministack's signature
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: Any,
    region: str,
    account: str,
) -> str:
    registration = _registrations.get(service)
    if registration is None:
        arn: str = _extract_resource(service, method, path, headers, body, query, region, account)
        return arn
    try:
        return registration.resource_arn(registration.request(method, path, headers, body))
    except ServiceError:
        return "*"  # the service answers with the error once the caller is authenticated


class _Handlers(dict[str, Any]):
    """ministack's handlers, and one that says `NotEmulated` for each that it lacks."""

    def get(self, service: str, default: Any = None) -> Any:
        """Return the handler of a service."""
        return super().get(service, default) or _not_emulated(service)


def _not_emulated(service: str) -> Callable[..., Any]:
    async def refuse(*_request: Any) -> Answer:
        message = f"The service {service} is not emulated by localcloud; test what uses it on AWS."
        return _error("NotEmulated", message, 501)

    return refuse


def refuse_unknown() -> None:
    """Answer requests for services that nobody emulates by `NotEmulated`."""
    app.SERVICE_HANDLERS = _Handlers(app.SERVICE_HANDLERS)


def register(registration: Registration) -> None:
    """Route, authorize and answer the requests of one service."""
    name = registration.name
    _registrations[name] = registration
    module_name = f"localcloud_{name}"
    app._loaded_modules[module_name] = _Module(registration)  # noqa: SLF001
    app.SERVICE_REGISTRY[name] = {"module": module_name}
    app.SERVICE_HANDLERS[name] = app._lazy_handler(module_name)  # noqa: SLF001
    router.SERVICE_PATTERNS[name] = {
        "target_prefixes": [registration.target_prefix],
        "credential_scope": name,
    }
    iam_actions.SERVICE_TO_IAM_NAMESPACE[name] = name
    tagging._RESOURCE_TAG_COLLECTORS[name] = registration.resource_tags  # noqa: SLF001
    iam_actions.extract_iam_action = _iam_action
    iam_actions.extract_resource_arn = _iam_resource
