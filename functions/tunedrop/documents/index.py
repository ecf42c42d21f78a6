"""The list of all ended runs, of which runs/index.html is made."""

import msgspec

from tunedrop.documents.judgement import Verdict


class IndexEntry(msgspec.Struct, kw_only=True):
    """runs/_index/<run>.json: what the list says of one ended run.

    `gain` is the tuned model's value of `metric` minus the base model's; a failed run has none.
    `folder` is the run's key prefix, without a slash at the end.
    """

    dataset: str
    run: str
    folder: str
    status: str
    ended: str
    verdict: Verdict | None = None
    metric: str | None = None
    gain: float | None = None
    training_usd: float | None = None
    error: str | None = None
