"""CloudFormation tells which properties it is about to drop, with every reference resolved.

See `localcloud.aws.reconciliation`. They are put in place after the deployment: resources are made
on the event loop that would have to answer the API calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import provisioners

from localcloud.aws.reconciliation import RECONCILED, Dropped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

Properties = dict[str, Any]


def collect(into: list[Dropped]) -> None:
    """Note every dropped property of each resource that is made or updated."""
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
        """create(logical id, properties, stack), update(physical id, old, new, stack)."""
        physical_id, attributes = handler(first_id, *properties, **options)
        wanted = [value for value in properties if isinstance(value, dict)][-1]
        into.extend(
            Dropped(kind, name, physical_id, wanted[name]) for name in names if name in wanted
        )
        return physical_id, attributes

    return handled
