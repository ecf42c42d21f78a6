"""The token of the hub, from Secrets Manager. It stays in this process's memory."""

import json
from typing import Any

from botocore.exceptions import ClientError

from fetching.errors import FetchError


def hub_token(secrets: Any, arn: str) -> str:
    """Return the token in a secret: a plain text, or an object of JSON with one value.

    Raises:
        FetchError: the secret cannot be read or is empty. The text says nothing of its content.
    """
    try:
        text: str = secrets.get_secret_value(SecretId=arn).get("SecretString", "")
    except ClientError as error:
        raise FetchError(
            f"The token of the hub cannot be read from {arn}: {error.response['Error']['Code']}.",
            "Correct the stack's parameter HubTokenSecretArn (and let the key of the secret, if it "
            "has its own, be used by the role FetchJobRole), then drop the file again.",
        ) from None
    token = _value_of(text)
    if not token.isprintable() or not token.isascii() or " " in token or not token:
        # Such a text would also stand in the error of the library that refuses it as a header.
        raise FetchError(
            f"The secret {arn} has no token of the hub, or more than the token.",
            "Put the token into it as plain text, or as the only value of a JSON object, then "
            "drop the file again.",
        )
    return token


def _value_of(text: str) -> str:
    """Return the only value of a JSON object, as the console of AWS writes it, or the text."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return text.strip()
    values = list(parsed.values()) if isinstance(parsed, dict) else []
    return values[0].strip() if len(values) == 1 and isinstance(values[0], str) else ""
