"""Why a base model cannot be fetched, in words for the person who started the run."""


class FetchError(Exception):
    """A failure that a person can act on; a retry does not help.

    Args:
        message: what happened and where, one or two sentences.
        remedy: what to do now, one line.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class DamagedError(Exception):
    """A file did not arrive as it was announced; a retry may help."""
