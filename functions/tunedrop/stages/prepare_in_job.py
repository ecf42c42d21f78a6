"""The whole of a processing job: the run is prepared as the function would have done it."""

import time

from tunedrop.stages.prepare import prepare_run
from tunedrop.stages.step import Outcome, Step

POLL_SECONDS = 1.0


def prepare_in_job(job: str, step: Step, processes: int) -> Outcome:
    """Prepare the run whose processing job has this name, in so many processes.

    The run's lease is the job's until its time limit; `sweep` asks SageMaker whether the job
    still lives.
    """
    while (held := step.runs.find(job)) and held.run.status == "running":
        run = held.run
        if run.stage != "prepare":
            break
        with step.claimed(held, "prepare") as ours:
            if ours:
                prepare_run(held, step.runs.recipe(run), step, processes)
        if ours:
            return step.outcome(run.folder, "prepared")
        time.sleep(POLL_SECONDS)  # the function that created the job has not let go of it yet
    return Outcome("nothing to do", held.run.folder if held else None)
