"""The program of the processing job that prepares a drop which is too large for the function.

It exits with status 0 when the run is prepared, has ended with its own email, or no longer counts.
Any other error is a defect or an outage: its text becomes the job's ExitMessage, and the event of
the failed job ends the run.
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from tunedrop import bootstrap, logs
from tunedrop.settings import BucketSettings, read_settings
from tunedrop.stages.prepare import prepare_in_job

logger = logs.logger("prepare")


class Settings(BucketSettings, frozen=True):
    """The job's environment."""

    processing_job: str


def main() -> int:
    """Prepare the run that the job was created for; returns the exit status."""
    settings = read_settings(Settings)
    logger.append_keys(job=settings.processing_job)
    try:
        result = prepare_in_job(
            settings.processing_job,
            bootstrap.job_step(settings, settings.processing_job),
            processes=os.cpu_count() or 1,
        )
    except Exception as error:
        logger.exception("the job failed")
        _leave_message(f"{type(error).__name__}: {error}")
        return 1
    logger.info(result.outcome, run=result.run)
    return 0


def _leave_message(text: str) -> None:
    output = Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml") / "output"
    output.mkdir(parents=True, exist_ok=True)
    (output / "message").write_text(text, encoding="utf-8")


def _stop(_signal: int, _frame: object) -> NoReturn:
    """Exit on SIGTERM, which the first process of a container ignores by default."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
