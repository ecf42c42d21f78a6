"""The subnets and security groups in which the stack's jobs and endpoints run, if it has any."""

from typing import Any

from tunedrop.settings import Environment


class Network(Environment, frozen=True):
    """The stack's VPC: ids with commas between them, both empty without one.

    The template refuses one without the other.
    """

    subnet_ids: str = ""
    security_group_ids: str = ""

    @property
    def member(self) -> dict[str, Any]:
        """The member `VpcConfig` of a request to SageMaker; nothing without a VPC."""
        if not self.subnet_ids:
            return {}
        return {
            "VpcConfig": {
                "Subnets": _ids(self.subnet_ids),
                "SecurityGroupIds": _ids(self.security_group_ids),
            }
        }


def _ids(text: str) -> list[str]:
    return [each.strip() for each in text.split(",")]
