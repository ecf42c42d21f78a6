"""Mail is written whole, in UTF-8, and read back as people read it."""

from pathlib import Path

from localcloud.aws.mail import Mailbox, find_mail, mail_subject, mail_text

MESSAGE_ID = "aba4eb8c-b8f0-4b01-8ef6-60ee2be5cb05"


def test_given_a_mail_in_utf_8_when_delivered_then_it_reads_back_the_same(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path, lambda *_: None)
    path = mailbox.deliver("team@example.com", "Grüße ✓", "Ä\n\n.\nfrom here\n" * 40, MESSAGE_ID)

    assert find_mail(tmp_path, MESSAGE_ID) == path
    assert mail_subject(path) == "Grüße ✓"
    assert mail_text(path).startswith("From: AWS Notifications <no-reply@sns.amazonaws.com>\nTo: ")
    assert mail_text(path).count("Ä\n\n.\nfrom here") == 40
    assert b"\r\n" in path.read_bytes()


def test_given_many_mails_in_a_second_when_listed_then_they_stand_in_order(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path, lambda *_: None)
    for number in range(20):
        mailbox.deliver("team@example.com", str(number), "text", f"{number:08}")

    subjects = [mail_subject(path) for path in sorted(tmp_path.glob("*.eml"))]
    assert subjects == [str(number) for number in range(20)]


def test_given_a_subscription_when_asked_then_the_owner_is_told_and_the_link_is_whole(
    tmp_path: Path,
) -> None:
    told: list[tuple[str, ...]] = []
    url = (
        "http://127.0.0.1:4566/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:x&Token=" + "a" * 90
    )
    mailbox = Mailbox(tmp_path, lambda *what: told.append(what))
    mailbox.ask_confirmation("team@example.com", "arn:aws:sns:x", "token", url)
    (path,) = tmp_path.glob("*.eml")

    assert told == [("team@example.com", "arn:aws:sns:x", "token")]
    assert url in mail_text(path)
