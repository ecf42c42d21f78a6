"""The outbox: mail is written as .eml files in UTF-8, and can be read as text."""

from pathlib import Path

from localcloud.aws.mail import Mailbox, find_mail, mail_subject, mail_text

MESSAGE_ID = "aba4eb8c-b8f0-4b01-8ef6-60ee2be5cb05"


def test_a_mail_in_utf_8_is_read_back_unchanged(tmp_path: Path) -> None:
    # Given
    mailbox = Mailbox(tmp_path, lambda *_: None)

    # When
    path = mailbox.deliver("team@example.com", "Grüße ✓", "Ä\n\n.\nfrom here\n" * 40, MESSAGE_ID)

    # Then
    assert find_mail(tmp_path, MESSAGE_ID) == path
    assert mail_subject(path) == "Grüße ✓"
    assert mail_text(path).startswith("From: AWS Notifications <no-reply@sns.amazonaws.com>\nTo: ")
    assert mail_text(path).count("Ä\n\n.\nfrom here") == 40
    assert b"\r\n" in path.read_bytes()


def test_mails_of_one_second_are_sorted_by_name_in_order(tmp_path: Path) -> None:
    # Given
    mailbox = Mailbox(tmp_path, lambda *_: None)

    # When
    for number in range(20):
        mailbox.deliver("team@example.com", str(number), "text", f"{number:08}")

    # Then
    subjects = [mail_subject(path) for path in sorted(tmp_path.glob("*.eml"))]
    assert subjects == [str(number) for number in range(20)]


def test_a_confirmation_request_has_its_link_in_one_piece(tmp_path: Path) -> None:
    # Given
    asked: list[tuple[str, ...]] = []
    url = (
        "http://127.0.0.1:4566/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:x&Token=" + "a" * 90
    )
    mailbox = Mailbox(tmp_path, lambda *request: asked.append(request))

    # When
    mailbox.ask_confirmation("team@example.com", "arn:aws:sns:x", "token", url)

    # Then
    (path,) = tmp_path.glob("*.eml")
    assert asked == [("team@example.com", "arn:aws:sns:x", "token")]
    assert url in mail_text(path)
