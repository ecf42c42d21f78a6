"""Secrets and personal data, which a model must not memorise."""

import re
from collections.abc import Iterator

# A pattern is tried only where its character and its literal occur, which makes the search fast.
_SECRETS = (
    ("A", "AKIA", re.compile(r"\bAKIA[0-9A-Z]{16}\b")),
    ("A", "ASIA", re.compile(r"\bASIA[0-9A-Z]{16}\b")),
    ("_", "ghp_", re.compile(r"\bghp_[A-Za-z0-9]{36,}")),
    ("_", "gho_", re.compile(r"\bgho_[A-Za-z0-9]{36,}")),
    ("_", "ghs_", re.compile(r"\bghs_[A-Za-z0-9]{36,}")),
    ("_", "github_pat_", re.compile(r"\bgithub_pat_[A-Za-z0-9_]{50,}")),
    ("-", "xox", re.compile(r"\bxox[baprs]-[A-Za-z0-9-]{10,}")),
    ("-", "sk-", re.compile(r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{20,}")),
    ("_", "hf_", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("A", "AIza", re.compile(r"\bAIza[0-9A-Za-z_-]{35}")),
    ("_", "k_live_", re.compile(r"\b[sr]k_live_[0-9a-zA-Z]{20,}")),
    ("-", "PRIVATE KEY-----", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s]*")),
    ("J", "eyJ", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
    ("@", "://", re.compile(r"\b[a-z][a-z0-9+]{1,15}://[^\s:/@]{1,64}:[^\s:/@]{3,64}@[\w.-]+")),
)  # fmt: skip
_EMAIL = re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,18}\b")
_DIGITS = re.compile(r"\d[\d ().-]{7}")  # A rough beginning of a phone or card number.
_CARD = re.compile(r"(?<![\d.-])(?:\d[ -]?){12,18}\d(?![\d-])")
_PHONE = re.compile(
    r"(?<![\w/.=-])(?:\+\d{1,3}[ .-]?(?:\(?\d{1,4}\)?[ .-]?){2,4}\d{2,4}"
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?![\w-])"
)
_NO_DIGITS = bytes(byte for byte in range(256) if not 0x30 <= byte <= 0x39)  # noqa: PLR2004
FEWEST_DIGITS, MOST_DIGITS = 9, 15  # Digits of a phone number (ITU-T E.164: at most 15).


def secrets_in(text: str) -> Iterator[str]:
    """Yield every secret."""
    for character, literal, pattern in _SECRETS:
        if character in text and literal in text:
            yield from (found.group() for found in pattern.finditer(text))


def may_be_personal(text: str) -> bool:
    """Whether the text has an at sign, or as many digits as a phone number."""
    if "@" in text:
        return True
    digits = text.encode("utf-8", "surrogatepass").translate(None, _NO_DIGITS)
    return len(digits) >= FEWEST_DIGITS


def personal_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of every email address, card number and phone number."""
    if "@" in text:
        yield from (("email", found.group()) for found in _EMAIL.finditer(text))
    if not _DIGITS.search(text):
        return
    for found in _CARD.finditer(text):
        if is_card_number(found.group()):
            yield "card", found.group()
    for found in _PHONE.finditer(text):
        digits = sum(char.isdigit() for char in found.group())
        if FEWEST_DIGITS <= digits <= MOST_DIGITS:
            yield "phone", found.group()


def is_card_number(text: str) -> bool:
    """Check the length, the issuer's first digit and the checksum (Luhn, ISO/IEC 7812-1)."""
    digits = [int(char) for char in text if char.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (2, 3, 4, 5, 6) or len(set(digits)) == 1:  # noqa: PLR2004
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def masked(text: str, found: str, kind: str) -> str:
    """Return the text with a finding replaced by its kind, such as [EMAIL]."""
    return text.replace(found, f"[{kind.upper()}]")


def hidden(text: str) -> str:
    """Return the beginning of a finding, which is enough to recognise it but not to use it."""
    return f"{text[:4]}… ({len(text)} characters)"


def redacted(text: str) -> str:
    """Return the text with all secrets and personal data replaced by their kind."""
    for secret in dict.fromkeys(secrets_in(text)):
        text = masked(text, secret, "secret")
    for kind, found in dict.fromkeys(personal_in(text)):
        text = masked(text, found, kind)
    return text
