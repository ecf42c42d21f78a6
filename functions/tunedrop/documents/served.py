"""Whether the endpoint computes what the training job computed: the reference and the result."""

import msgspec


class ReferenceRow(msgspec.Struct):
    """A validation row with its tokens, and each token's natural log likelihood after the first.

    `answer_from` is the index of the first token of the answer. `base` and `tuned` have the
    likelihoods of the tokens `ids[1:]`.
    """

    row: int
    ids: list[int]
    answer_from: int
    base: list[float]
    tuned: list[float]


class Reference(msgspec.Struct):
    """reference_likelihoods.json in the model artifact, written by the training job.

    `precision` is the number type in which the job computed.
    """

    version: int
    precision: str
    rows: list[ReferenceRow]


class ServedCheck(msgspec.Struct):
    """report/served-<attempt>.json: how the endpoint's likelihoods agree with the training job's.

    `difference` is the mean absolute difference of the tuned model's log likelihoods over all
    `tokens`, `answer_difference` that of the gold answers alone, in natural units; `tolerance` is
    what rounding explains. `adapter_change` is how far the adapter moved the likelihoods from the
    base model's: a check tells little about an adapter that changed no more than the tolerance.
    """

    rows: int
    tokens: int
    difference: float
    answer_difference: float
    tolerance: float
    adapter_change: float
    precision: str

    @property
    def tells_adapters_apart(self) -> bool:
        """Whether another adapter would have been noticed."""
        return self.adapter_change > 2 * self.tolerance
