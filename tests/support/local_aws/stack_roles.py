"""The roles of a deployed stack and their policies."""

from typing import Any

from tests.support.local_aws.cloud import Cloud


def physical_id(cloud: Cloud, logical_id: str) -> str:
    """Return the name that CloudFormation gave a resource."""
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName="tunedrop", LogicalResourceId=logical_id
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def role_policies(cloud: Cloud, logical_id: str) -> dict[str, Any]:
    """Return the inline policies of the role, by name."""
    iam, role = cloud.client("iam"), physical_id(cloud, logical_id)
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in names
    }
