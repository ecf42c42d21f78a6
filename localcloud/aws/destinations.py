"""Delivers events that a function could not process to SQS and SNS, with the function's role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.service import ServiceError

if TYPE_CHECKING:
    from localcloud.aws.access import Access

LAMBDA = "lambda.amazonaws.com"


class Destinations:
    """Delivers failed invocations; IAM is enforced, as on AWS."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def deliver(self, role_arn: str, target: str, body: str, attributes: dict[str, str]) -> None:
        """Send `body` to the queue or topic `target` as a session of the role.

        Raises ServiceError when the target is of another kind, botocore's ClientError when the
        role may not send to it.
        """
        credentials = self._access.assume_role(role_arn, "lambda", service_principal=LAMBDA)
        service, resource = target.split(":")[2], target.rsplit(":", 1)[-1]
        client: Any = self._access.client(service, credentials)
        typed = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        if service == "sqs":
            # The lookup is done as root: on AWS the role needs no sqs:GetQueueUrl either.
            url = self._access.client("sqs").get_queue_url(QueueName=resource)["QueueUrl"]
            client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=typed)
        elif service == "sns":
            client.publish(TopicArn=target, Message=body, MessageAttributes=typed)
        else:
            raise ServiceError(
                "NotEmulated", f"localcloud delivers to SQS queues and SNS topics, not to {target}"
            )
