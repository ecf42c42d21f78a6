"""Scripts that write no spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""

import re

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


def is_unspaced(text: str) -> bool:
    """Whether more than half of the characters, without white space, are of such a script."""
    if text.isascii():
        return False
    return len(_UNSPACED.findall(text)) * 2 > len("".join(text.split()))
