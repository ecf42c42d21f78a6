"""All checks of a single row, in their order."""

from collections.abc import Sequence
from typing import Literal

from tunedrop.dataset.checks.answers import control_token, is_cut_off, is_refusal, marker
from tunedrop.dataset.checks.cleaning import Cleaner
from tunedrop.dataset.checks.findings import Findings
from tunedrop.dataset.checks.language import SAMPLE, Spoken, language_of
from tunedrop.dataset.checks.private import hidden, masked, may_be_personal, personal_in, secrets_in
from tunedrop.dataset.checks.turns import out_of_turn
from tunedrop.dataset.readers.record import Record, RowError
from tunedrop.dataset.shapes.example import Example, SpokenText
from tunedrop.dataset.shapes.media import refuse_placeholder
from tunedrop.documents.dataset import Place

Policy = Literal["report", "mask", "reject"]


class Inspector:
    """Cleans and checks examples. It counts findings and raises an error for a rejected row.

    The checks first examine all messages of a row as one text, because most rows have no findings.
    """

    def __init__(self, *, secrets: Policy, pii: Policy, entities: bool) -> None:
        self._secrets = secrets
        self._pii = pii
        self._cleaner = Cleaner(entities=entities)
        self.begin(Findings(), [])

    def begin(self, findings: Findings, spoken: list[Spoken]) -> None:
        """From now on, add findings and recognised languages to these."""
        self._findings = findings
        self._spoken = spoken

    def inspect(self, record: Record, example: Example) -> None:
        """Clean the example in place.

        Raises:
            RowError: the row is garbled, has a control token, or has what the recipe rejects.
        """
        messages = example.texts()
        text = _together(messages)
        changed = self._cleaner.clean(messages, text)
        if changed:
            text = _together(messages)
            for change in sorted(changed):
                self._findings.add(change, record, record.content)
        _refuse_control_token(messages, text)
        if "<image>" in text or "<audio>" in text or "<video>" in text:
            refuse_placeholder(message.content for message in messages)
        if next(secrets_in(text), None):
            self._handle_secrets(record, messages)
        if may_be_personal(text):
            self._look_for_personal_data(record, messages)
        self._look_at_answer(record, example, text)
        self._note(record, example)
        if record.row <= SAMPLE and (language := language_of(example.question())):
            place = Place(record.row, record.line, record.file, record.content[:120])
            self._spoken.append(Spoken(language, place))

    def _handle_secrets(self, record: Record, messages: Sequence[SpokenText]) -> None:
        for message in messages:
            for secret in dict.fromkeys(secrets_in(message.content)):
                if self._secrets == "reject":
                    raise RowError(
                        "secret",
                        f"The {message.role}'s text contains a secret: {hidden(secret)}.",
                        message.role,
                        "Remove it, and revoke it; or set secrets: mask in recipe.yaml.",
                    )
                self._findings.add("secret", record, hidden(secret))
                if self._secrets == "mask":
                    message.content = masked(message.content, secret, "secret")

    def _look_for_personal_data(self, record: Record, messages: Sequence[SpokenText]) -> None:
        kinds: set[str] = set()
        for message in messages:
            for kind, found in dict.fromkeys(personal_in(message.content)):
                kinds.add(kind)
                if self._pii == "mask":
                    message.content = masked(message.content, found, kind)
        if kinds and self._pii == "reject":
            raise RowError("personal_data", f"The row contains: {', '.join(sorted(kinds))}.")
        for kind in sorted(kinds):
            self._findings.add(kind, record)

    def _look_at_answer(self, record: Record, example: Example, text: str) -> None:
        answer = example.completion[-1].content
        if is_refusal(answer):
            self._findings.add("refusal", record, answer)
        if is_cut_off(answer):
            self._findings.add("cut_off", record, "…" + answer[-100:])
        left_over = marker(text)
        if left_over:
            self._findings.add("template_marker", record, left_over)

    def _note(self, record: Record, example: Example) -> None:
        """Add the remarks of the row's shape, and messages in an unusual order."""
        for check, excerpt in example.remarks():
            self._findings.add(check, record, excerpt)
        misplaced = out_of_turn(example.prompt, example.completion)
        if misplaced:
            self._findings.add("turn_order", record, misplaced)


def _together(messages: Sequence[SpokenText]) -> str:
    return "\n".join([message.content for message in messages])


def _refuse_control_token(messages: Sequence[SpokenText], text: str) -> None:
    token = control_token(text)
    if token is None:
        return
    texts = [message.content for message in messages]
    at = next((at for at, each in enumerate(texts) if control_token(each)), 0)
    role = messages[at].role
    raise RowError(
        "control_token",
        f"Message {at + 1}, the {role}'s, contains the control token {token}, which would end or "
        "start a turn.",
        role,
        "Remove the token, or write the turns as messages.",
    )
