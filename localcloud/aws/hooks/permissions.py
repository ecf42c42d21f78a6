"""Notes which calls the policies of roles allowed: `permissions.jsonl` in the state's directory.

AWS's last accessed information tells the same, without the resource and the condition keys.
A statement of a policy that no call needs can be found with it.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator

if TYPE_CHECKING:
    from pathlib import Path

FILE = "permissions.jsonl"

_evaluate = iam_evaluator.evaluate


class UsedPermissions:
    """Writes one line for the first call of each kind.

    Calls are of one kind when the same role makes them for the same action with the same condition
    keys, and the same statements allow them.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE
        self._known: set[tuple[Any, ...]] = set()
        self._lock = threading.Lock()

    def install(self) -> None:
        """Note every call from now on."""
        iam_evaluator.evaluate = self._noted

    def _noted(self, context: Any, policies: Any, *limits: Any) -> Any:
        result = _evaluate(context, policies, *limits)
        if result.decision == "Allow" and context.principal_type == "AssumedRole":
            self._note(context, policies)
        return result

    def _note(self, context: Any, policies: Any) -> None:
        allowing = tuple(
            (number, place)
            for number, statements in enumerate(policies)
            for place, statement in enumerate(statements)
            if iam_evaluator._first_match(context, [statement], "Allow")  # noqa: SLF001
        )
        role = context.principal_arn.split("/")[1]
        keys = tuple(sorted(context.service_context))
        kind = (role, context.action, allowing, keys)
        with self._lock:
            if kind in self._known:
                return
            self._known.add(kind)
            call = {
                "role": role,
                "principal": context.principal_arn,
                "action": context.action,
                "resource": context.resource_arn,
                "region": context.region,
                "context": context.service_context,
            }
            with self._path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(call, default=str) + "\n")
