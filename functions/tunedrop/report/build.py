"""Put a judgement into its surroundings: the whole of report.json."""

import msgspec

from tunedrop.documents.report import Cost, Judgement, Lineage, LossPoint, Report, TokenCount

VERSION = 1


class ReportContext(msgspec.Struct, kw_only=True):
    """What the stage knows about the run and the judgement does not.

    Attributes:
        dataset: the dataset's name, as dropped.
        run: the run's id.
        rows: where every row went, as in dataset.json ("in", "train", "test", …).
        training: figures of the training job by name (training_summary.json: steps, epochs,
            first_loss, last_loss, best_eval_loss, train_tokens, seconds, …).
        curve: the losses that the job logged; empty when unknown.
        tokens: of the training rows, counted and as said before; None when the job does not say.
        endpoint: its name.
        endpoint_kept: whether it stays after this evaluation.
        endpoint_expires: when it will be removed (ISO 8601, UTC), if it stays.
        warnings: what the earlier stages warned of.
        created: now (ISO 8601, UTC).
    """

    dataset: str
    run: str
    rows: dict[str, int]
    cost: Cost
    lineage: Lineage
    endpoint: str
    endpoint_kept: bool
    created: str
    endpoint_expires: str | None = None
    training: dict[str, float] = {}
    curve: list[LossPoint] = []
    tokens: TokenCount | None = None
    warnings: list[str] = []


def build_report(context: ReportContext, judgement: Judgement) -> Report:
    """Join what was found with where it was found."""
    known = {**msgspec.structs.asdict(context), **msgspec.structs.asdict(judgement)}
    known["warnings"] = list(dict.fromkeys([*context.warnings, *judgement.warnings]))
    return Report(version=VERSION, **known)
