"""The SNS topic for emails, and asynchronous calls of the application's own functions."""

import json
from collections.abc import Mapping
from typing import Any

from tunedrop.ports.services import Request


class Topic:
    """The SNS topic as `tunedrop.ports.services.Mail`."""

    def __init__(self, client: Any, arn: str) -> None:
        self.client = client
        self.arn = arn

    def publish(self, subject: str, body: str) -> str:
        """Send one message and return its id."""
        answer = self.client.publish(TopicArn=self.arn, Subject=subject, Message=body)
        message_id: str = answer["MessageId"]
        return message_id

    def unconfirmed(self) -> list[str]:
        """Return the addresses that have not confirmed; SNS silently sends them nothing."""
        pages = self.client.get_paginator("list_subscriptions_by_topic")
        return [
            subscription["Endpoint"]
            for page in pages.paginate(TopicArn=self.arn)
            for subscription in page["Subscriptions"]
            if subscription["SubscriptionArn"] == "PendingConfirmation"
        ]


class LambdaFunctions:
    """The stack's functions as `tunedrop.ports.services.Functions`."""

    def __init__(self, client: Any, names: Mapping[str, str]) -> None:
        self.client = client
        self.names = names

    def send(self, function: str, event: Request) -> None:
        """Invoke a function asynchronously."""
        self.client.invoke(
            FunctionName=self.names[function],
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )
