"""Email subscriptions: the confirmation by their addressee, and the mail they get."""

import re
import urllib.request
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.functional.localcloud.probe_cloud import ProbeCloud
from tests.support.local_aws.cloud import wait_for


def mails_to(probe: ProbeCloud, address: str) -> list[EmailMessage]:
    """Return the mails for an address, oldest first."""
    paths = sorted((probe.directory / "outbox").glob("*.eml"))
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
    return [mail for mail in mails if mail["To"] == address]


def confirmation_url(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    found = re.search(r"http://\S+Action=ConfirmSubscription\S+", body.get_content())
    assert found
    return found.group()


def test_an_unconfirmed_address_gets_only_the_confirmation_request(probe: ProbeCloud) -> None:
    # Given
    sns = probe.client("sns")
    topic = next(
        one["TopicArn"] for one in sns.list_topics()["Topics"] if "ReportTopic" in one["TopicArn"]
    )

    # When
    sns.publish(TopicArn=topic, Subject="too early", Message="not delivered")

    # Then
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    (asked,) = mails_to(probe, "demo@example.com")
    assert subscription["SubscriptionArn"] == "PendingConfirmation"
    assert asked["Subject"] == "AWS Notification - Subscription Confirmation"


def test_mail_in_any_language_arrives_after_the_link_is_opened(probe: ProbeCloud) -> None:
    # Given
    sns, address = probe.client("sns"), "team@example.com"
    topic = sns.create_topic(Name="letters")["TopicArn"]
    answer = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    (asked,) = mails_to(probe, address)

    # When
    # The link is opened without credentials, as from a mailbox.
    urllib.request.urlopen(confirmation_url(asked)).read()  # noqa: S310
    sns.publish(TopicArn=topic, Subject="Grüße ✓", Message="Ä body\nof two lines")

    # Then
    mail = wait_for(lambda: mails_to(probe, address)[1:], probe.log)[0]
    body = mail.get_body(("plain",))
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert answer["SubscriptionArn"] == "pending confirmation"
    assert subscription["SubscriptionArn"].startswith(topic)
    assert mail["Subject"] == "Grüße ✓"
    assert body
    text = body.get_content().splitlines()
    assert text[:4] == ["Ä body", "of two lines", "", "--"]
    assert text[-1] == "and in the report are what AWS would charge."
