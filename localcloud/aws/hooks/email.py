"""Email subscriptions of SNS: pending until confirmed, then delivered."""

from __future__ import annotations

import re
import unicodedata
import uuid
from typing import TYPE_CHECKING, Any

from ministack.services import sns
from ministack.services.cloudformation import provisioners

from localcloud.aws.mail import FOOTER

if TYPE_CHECKING:
    from localcloud.aws.mail import Mailbox

Record = dict[str, Any]

LONGEST_SUBJECT = 100
"""Characters. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

_fanout = sns._fanout  # noqa: SLF001
_publish = sns._publish  # noqa: SLF001
_subscribe = sns._subscribe  # noqa: SLF001
_create_subscription = provisioners._sns_sub_create  # noqa: SLF001
_list = sns._list_subscriptions  # noqa: SLF001
_list_by_topic = sns._list_subscriptions_by_topic  # noqa: SLF001


class EmailDelivery:
    """Makes SNS ask for a confirmation, and delivers mail to confirmed addresses."""

    def __init__(self, mailbox: Mailbox, endpoint_url: str) -> None:
        self._mailbox = mailbox
        self._endpoint_url = endpoint_url

    def install(self) -> None:
        """Replace what creates, lists and delivers to subscriptions."""
        sns._fanout = self._fanout  # noqa: SLF001
        sns._publish = _publish_checked  # noqa: SLF001
        sns._subscribe = self._subscribe  # noqa: SLF001
        sns._list_subscriptions = lambda params: _hide_pending(_list(params))  # noqa: SLF001
        sns._list_subscriptions_by_topic = lambda params: _hide_pending(  # noqa: SLF001
            _list_by_topic(params)
        )
        handlers = provisioners._RESOURCE_HANDLERS["AWS::SNS::Subscription"]  # noqa: SLF001
        handlers["create"] = self._create_subscription

    def _create_subscription(
        self, logical_id: str, properties: Record, stack_name: str
    ) -> tuple[str, Record]:
        arn, attributes = _create_subscription(logical_id, properties, stack_name)
        self._ask(properties["TopicArn"], arn)
        return arn, attributes

    def _subscribe(self, parameters: Record) -> tuple[int, Record, bytes]:
        status, headers, body = _subscribe(parameters)
        found = re.search(rb"<SubscriptionArn>(arn:[^<]+)</SubscriptionArn>", body)
        if status == 200 and found:  # noqa: PLR2004  # HTTP
            arn = found.group(1).decode()
            if self._ask(arn.rsplit(":", 1)[0], arn):
                body = body.replace(found.group(1), b"pending confirmation")
        return status, headers, body

    def _ask(self, topic_arn: str, subscription_arn: str) -> bool:
        """Make an email subscription pending and mail its link; False for other protocols."""
        subscription = sns._find_subscription(topic_arn, subscription_arn)  # noqa: SLF001
        if not subscription or subscription["protocol"] != "email" or subscription.get("token"):
            return False
        token = uuid.uuid4().hex
        subscription.update(confirmed=False, token=token)
        subscription["attributes"].update(
            PendingConfirmation="true", ConfirmationWasAuthenticated="false"
        )
        self._mailbox.ask_confirmation(
            subscription["endpoint"],
            topic_arn,
            token,
            f"{self._endpoint_url}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}",
        )
        return True

    def _fanout(  # noqa: PLR0913, PLR0917  # ministack's signature
        self,
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: Record | None = None,
        *group: str,
        **rest: str,
    ) -> None:
        topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}  # noqa: SLF001
        text = sns._resolve_message_for_protocol(message, message_structure, "email")  # noqa: SLF001
        for subscription in topic["subscriptions"]:
            if (
                subscription["protocol"] == "email"
                and subscription["confirmed"]
                and sns._matches_filter_policy(subscription, message_attributes or {}, text)  # noqa: SLF001
            ):
                body = text.rstrip() + "\n" + FOOTER
                self._mailbox.deliver(subscription["endpoint"], subject, body, message_id)
        _fanout(
            topic_arn,
            message_id,
            message,
            subject,
            message_structure,
            message_attributes,
            *group,
            **rest,
        )


def _publish_checked(parameters: Record) -> tuple[int, Record, bytes]:
    """Publish, unless the subject is one that SNS refuses."""
    subject: str = sns._p(parameters, "Subject") or ""  # noqa: SLF001
    if len(subject) > LONGEST_SUBJECT or any(unicodedata.category(c) == "Cc" for c in subject):
        refused: tuple[int, Record, bytes] = sns._error(  # noqa: SLF001
            "InvalidParameter", "Invalid parameter: Subject", 400
        )
        return refused
    published: tuple[int, Record, bytes] = _publish(parameters)
    return published


def _hide_pending(answer: tuple[int, Record, bytes]) -> tuple[int, Record, bytes]:
    """Show `PendingConfirmation` as the ARN of an unconfirmed subscription, as AWS does."""
    status, headers, body = answer
    for topic in sns._topics.values():  # noqa: SLF001
        for subscription in topic["subscriptions"]:
            if not subscription.get("confirmed"):
                body = body.replace(
                    f"<SubscriptionArn>{subscription['arn']}</SubscriptionArn>".encode(),
                    b"<SubscriptionArn>PendingConfirmation</SubscriptionArn>",
                )
    return status, headers, body
