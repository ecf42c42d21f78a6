"""The email about an upload for which no run could be started."""

from tunedrop.report import letter
from tunedrop.report.email import Email


def unstarted_email(uri: str, reason: str, region: str | None) -> Email:
    """Return the email about a dropped file whose run could not even be started.

    Args:
        uri: the dropped object.
        reason: the last error of the prepare function.
        region: the stack's Region, when it is known.
    """
    file = uri.rpartition("/")[2]
    return Email(
        letter.subject(f"{file}: no run could be started yet: {reason}"),
        letter.body(
            (
                letter.paragraph(f"No run could be started yet for {file}."),
                letter.section(
                    "What went wrong", letter.paragraph(f"The prepare function gave up: {reason}")
                ),
                letter.section(
                    "What to do",
                    letter.paragraph(
                        "Nothing for now: for four hours after the drop, the function is called "
                        "again every 15 minutes, and the run sends an email of its own. If none "
                        "comes, read the log group of the prepare function; then drop the file "
                        "again."
                    ),
                ),
                letter.section("What still costs money", "Nothing: no job was started."),
                letter.section("Where to look", letter.facts((("File", uri), ("Region", region)))),
            )
        ),
    )
