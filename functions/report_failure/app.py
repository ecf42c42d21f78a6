"""A failed run, job or endpoint, or a dead letter → one email that says what to do."""

from typing import Any

import msgspec

from tunedrop import bootstrap, logs
from tunedrop.documents import keys
from tunedrop.events import (
    created_key,
    dead_letters,
    endpoint_name,
    job_name,
    processing_job_name,
)
from tunedrop.lifecycle.ending import Ending
from tunedrop.lifecycle.step import StepResult
from tunedrop.settings import EndingSettings, read_settings
from tunedrop.stages import report_failure

logger = logs.logger("report_failure")


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> list[dict[str, Any]]:  # noqa: ARG001
    """Report the failure that the event is about."""
    results = report(event, bootstrap.ending(read_settings(EndingSettings)))
    for result in results:
        logger.info(result.outcome, run=result.run)
    answer: list[dict[str, Any]] = msgspec.to_builtins(results)
    return answer


def report(event: dict[str, Any], ending: Ending) -> list[StepResult]:
    """Call the operation for the kind of event."""
    if "Records" in event:
        return [report_failure.report_dead_letter(each, ending) for each in dead_letters(event)]
    kind = event["detail-type"]
    if kind == "SageMaker Processing Job State Change":
        return [report_failure.report_failed_processing_job(processing_job_name(event), ending)]
    if kind == "SageMaker Training Job State Change":
        return [report_failure.report_failed_job(job_name(event), ending)]
    if kind == "SageMaker Endpoint State Change":
        return [report_failure.report_failed_endpoint(endpoint_name(event), ending)]
    key = created_key(event)
    if keys.is_drop_notice(key):
        return [report_failure.report_drop(key, ending)]
    return [report_failure.report_failed_run(keys.folder_of(key), ending)]
