"""CloudFormation: names of log groups, alarms that compute, and properties that ministack drops.

Dropped properties are noted with every reference resolved, and applied after the deployment
(`localcloud.aws.reconciliation`): CloudFormation creates resources on the event loop, which would
have to answer the API calls meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import provisioners

from localcloud.aws.reconciliation import RECONCILED, Dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

Properties = dict[str, Any]

_create_log_group = provisioners._cwlogs_create  # noqa: SLF001
_update_log_group = provisioners._cwlogs_update  # noqa: SLF001


def name_log_groups() -> None:
    """Give a log group without a name the one that AWS generates: `<stack>-<logical id>-…`.

    ministack would name it `/aws/cloudformation/<stack>/<logical id>`. An update keeps the name.
    """
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Logs::LogGroup"]  # noqa: SLF001
    handlers["create"] = _create_named
    handlers["update"] = _update_named


def _create_named(
    logical_id: str, properties: Properties, stack_name: str
) -> tuple[str, Properties]:
    name = properties.get("LogGroupName") or provisioners._physical_name(  # noqa: SLF001
        stack_name, logical_id, max_len=512
    )
    created: tuple[str, Properties] = _create_log_group(
        logical_id, {**properties, "LogGroupName": name}, stack_name
    )
    return created


def _update_named(
    physical_id: str, old: Properties, new: Properties, stack_name: str, **options: Any
) -> tuple[str, Properties]:
    named = {**new, "LogGroupName": new.get("LogGroupName") or physical_id}
    updated: tuple[str, Properties] = _update_log_group(
        physical_id, old, named, stack_name, **options
    )
    return updated


def pass_over_alarms_that_compute() -> None:
    """Create no alarm that computes with several metrics: ministack refuses its whole stack."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]  # noqa: SLF001
    handlers["create"] = _without_computing(handlers["create"])
    handlers["update"] = _without_computing(handlers["update"])


def _without_computing(
    handler: Callable[..., tuple[str, Properties]],
) -> Callable[..., tuple[str, Properties]]:
    def handled(first_id: str, *properties: Any, **options: Any) -> tuple[str, Properties]:
        wanted = [value for value in properties if isinstance(value, dict)][-1]
        if "Metrics" in wanted:
            return wanted.get("AlarmName") or first_id, {}
        return handler(first_id, *properties, **options)

    return handled


def note_dropped(into: list[Dropped]) -> None:
    """Add every dropped property of each resource that is created or updated."""
    for kind, names in RECONCILED.items():
        handlers = provisioners._RESOURCE_HANDLERS[kind]  # noqa: SLF001
        handlers["create"] = _noting(handlers["create"], kind, names, into)
        handlers["update"] = _noting(handlers["update"], kind, names, into)


def _noting(
    handler: Callable[..., tuple[str, Properties]],
    kind: str,
    names: Collection[str],
    into: list[Dropped],
) -> Callable[..., tuple[str, Properties]]:
    def handled(first_id: str, *properties: Any, **options: Any) -> tuple[str, Properties]:
        """Take create(logical id, properties, stack) or update(physical id, old, new, stack)."""
        physical_id, attributes = handler(first_id, *properties, **options)
        wanted = [value for value in properties if isinstance(value, dict)][-1]
        into.extend(
            Dropped(kind, name, physical_id, wanted[name]) for name in names if name in wanted
        )
        return physical_id, attributes

    return handled
