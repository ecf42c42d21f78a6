"""A notice about an upload that starts no run."""

import msgspec


class DropNotice(msgspec.Struct):
    """notice/again-<upload>.json of a run, or a notice about a file at the top of the bucket.

    `key` is the uploaded object.
    """

    key: str
