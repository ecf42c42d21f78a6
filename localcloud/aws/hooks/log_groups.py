"""Log groups without a name get the one CloudFormation gives on AWS: `<stack>-<logical id>-…`."""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]

_create = provisioners._cwlogs_create  # noqa: SLF001
_update = provisioners._cwlogs_update  # noqa: SLF001


def install() -> None:
    """Name them when they are made, and keep the name when they are updated."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Logs::LogGroup"]  # noqa: SLF001
    handlers["create"] = _create_named
    handlers["update"] = _update_named


def _create_named(
    logical_id: str, properties: Properties, stack_name: str
) -> tuple[str, Properties]:
    name = properties.get("LogGroupName") or provisioners._physical_name(  # noqa: SLF001
        stack_name, logical_id, max_len=512
    )
    created: tuple[str, Properties] = _create(
        logical_id, {**properties, "LogGroupName": name}, stack_name
    )
    return created


def _update_named(
    physical_id: str, old: Properties, new: Properties, stack_name: str, **options: Any
) -> tuple[str, Properties]:
    named = {**new, "LogGroupName": new.get("LogGroupName") or physical_id}
    updated: tuple[str, Properties] = _update(physical_id, old, named, stack_name, **options)
    return updated
