"""The lines that `run` prints about the progress of a run."""

from localcloud.cli.progress import SILENT_SECONDS, ProgressLines
from tests.unit.localcloud.cli.fakes import ROWS, RUN, Clock, Log, step

STEPS = [
    {"step": 10, "steps": 80, "loss": 1.23456, "tokens_per_second": 380.4},
    {"step": 20, "steps": 80, "eval_loss": 0.8},
    {"step": 80, "steps": 80, "loss": 0.5},
]


def progress(
    said: list[str], log: Log, last_stage: str = "evaluate", clock: Clock | None = None
) -> ProgressLines:
    """Return what appends each line to `said`; without a clock, time stands still."""
    return ProgressLines(said.append, log, last_stage, clock or Clock())  # type: ignore[arg-type]


def test_each_change_of_a_run_is_printed_once() -> None:
    # Given
    said: list[str] = []
    lines = progress(said, Log(STEPS))
    training = RUN | {
        "status": "running",
        "stage": "train",
        "job": "tweets-1",
        "rows": {"in": 100, "train": 80, "test": 20, "not_sampled": 0},
    }
    asking = training | {
        "stage": "evaluate",
        "progress": {"done": 40, "total": 200, "unit": "answers"},
    }

    # When
    for run in (training, training, asking, asking, asking | {"status": "failed"}):
        lines.update(run)

    # Then
    assert [line.split("s  ", 1)[1] for line in said] == [
        "prepare   rows: 100 in, 80 train, 20 test, 0 not sampled",
        "train     begins: starting the training job: PyTorch, the base model, the first step",
        "train     step 10/80: loss 1.2346, 380 tokens/s",
        "train     step 20/80: validation loss 0.8000",
        "train     step 80/80: loss 0.5000",
        "train     last step done: validating, saving and uploading the adapter",
        "evaluate  begins: asking both models every test row",
        "evaluate  40 of 200 answers",
        "evaluate  the run has failed",
    ]


def test_trials_of_a_tuning_job_tell_their_validation_losses() -> None:
    # Given steps of two trials that run side by side
    said: list[str] = []
    steps = [each | {"trial": number} for each in STEPS for number in (1, 2)]
    run = RUN | {"status": "running", "stage": "train", "job": "tweets-1"}

    # When
    progress(said, Log(steps)).update(run)

    # Then
    assert [line.split("s  ", 1)[1] for line in said][1:] == [
        "train     trial 1, step 20/80: validation loss 0.8000",
        "train     trial 2, step 20/80: validation loss 0.8000",
    ]


def test_the_reason_for_a_processing_job_is_printed_once() -> None:
    # Given
    said: list[str] = []
    lines = progress(said, Log())
    processing = {"job": "tweets-1", "instance": "ml.m5.xlarge", "reason": "too many rows"}

    # When
    for _ in range(2):
        lines.update(RUN | {"status": "running", "processing": processing})

    # Then
    reasons = [line for line in said if "processing" in line]
    assert len(reasons) == 1
    assert reasons[0].endswith("in a processing job: too many rows")


def test_waiting_for_a_base_model_is_printed_once() -> None:
    # Given
    said: list[str] = []
    lines = progress(said, Log())
    fetching = {"job": "fetch-tiny-1", "model": "me/tiny@main", "tries": 1}

    # When
    for _ in range(2):
        lines.update(RUN | {"status": "running", "fetching": fetching})

    # Then
    told = [line for line in said if "me/tiny@main" in line]
    assert len(told) == 1
    assert told[0].endswith("waits until the job fetch-tiny-1 has fetched me/tiny@main")


def test_no_stage_after_the_last_followed_one_is_announced() -> None:
    # Given
    said: list[str] = []
    lines = progress(said, Log(), "prepare")

    # When
    lines.update(RUN | {"status": "running"})
    lines.update(RUN | {"status": "running", "stage": "train", "rows": {"in": 3}})

    # Then
    assert [line.split()[2] for line in said] == ["prepare", "prepare"]


def test_the_advice_for_a_slow_run_is_printed_once() -> None:
    # Given
    clock, log, said = Clock(), Log(), list[str]()
    lines = progress(said, log, clock=clock)
    run = {"stage": "train", "status": "running", "job": "tweets-1", "rows": ROWS}

    # When
    lines.update(run)
    for number in (1, 2):
        clock.now += 85.0
        log.steps = [step(number, 85.0)]
        lines.update(run)

    # Then
    printed = [line.split("train     ", 1)[1] for line in said if "train     " in line]
    left = "left: about 1 h 24 min of this stage, 2 h 34 min of the run"
    assert printed[0].startswith("begins: ")
    assert printed[1] == f"step 1/60: loss 1.0000; {left}"
    assert printed[2].startswith("step 2/60: ")
    assert printed[3].startswith("on this machine the run takes about 2 h ")
    assert len(printed) == 4


def test_the_present_activity_is_printed_again_after_a_long_silence() -> None:
    # Given
    clock, said = Clock(), list[str]()
    lines = progress(said, Log(), clock=clock)
    run = {"stage": "deploy", "status": "running"}

    # When
    for _ in range(5):
        lines.update(run)
        clock.now += SILENT_SECONDS / 2

    # Then
    assert [line.split("deploy    ")[1].split()[0] for line in said] == [
        "begins:",
        "still",
        "still",
    ]
