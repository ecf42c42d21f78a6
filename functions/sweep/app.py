"""Schedule → lost events sent again, ended runs settled, expired endpoints deleted.

A fetched base model → the runs that wait for it go on.
"""

from typing import Any

import msgspec

from tunedrop import bootstrap, logs
from tunedrop.events import processing_job_name
from tunedrop.lifecycle.measuring import measure
from tunedrop.settings import EndingSettings, read_settings
from tunedrop.stages.sweep import ERROR, continue_fetched, sweep

logger = logs.logger("sweep")


class Settings(EndingSettings, frozen=True):
    """The function's environment."""

    prepare_function: str
    train_function: str
    deploy_function: str
    evaluate_function: str
    report_failure_function: str
    log_retention_days: int


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> list[dict[str, Any]]:  # noqa: ARG001
    """Check every run that is not yet ended and cleaned up, or those that wait for a base model.

    Raises RuntimeError at the end when an error kept it from a run: the errors of this function
    raise an alarm.
    """
    settings = read_settings(Settings)
    names = {
        "prepare": settings.prepare_function,
        "train": settings.train_function,
        "deploy": settings.deploy_function,
        "evaluate": settings.evaluate_function,
        "report_failure": settings.report_failure_function,
    }
    ending, functions = bootstrap.ending(settings), bootstrap.functions(names)
    if event.get("detail-type") == "SageMaker Processing Job State Change":
        results = continue_fetched(processing_job_name(event), ending, functions)
    else:
        resources = bootstrap.stack_resources(settings.stack_name)
        job_logs = bootstrap.job_logs(settings.log_retention_days)
        results = sweep(ending, functions, resources, job_logs)
    for result in results:
        logger.info(result.outcome, run=result.run)
    if event.get("detail-type") != "SageMaker Processing Job State Change":
        measure(ending)
    if errors := [result for result in results if result.outcome.startswith(ERROR)]:
        raise RuntimeError(f"{len(errors)} of {len(results)} checks failed: {errors[0].outcome}")
    answer: list[dict[str, Any]] = msgspec.to_builtins(results)
    return answer
