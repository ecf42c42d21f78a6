"""Schedule → lost events sent again, ended runs settled, expired endpoints deleted."""

from typing import Any

import msgspec

from tunedrop import bootstrap, logs
from tunedrop.settings import EndingSettings, read_settings
from tunedrop.stages.sweep import ERROR, sweep

logger = logs.logger("sweep")


class Settings(EndingSettings, frozen=True):
    """The function's environment."""

    stack_name: str
    prepare_function: str
    train_function: str
    deploy_function: str
    evaluate_function: str
    report_failure_function: str


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> list[dict[str, Any]]:  # noqa: ARG001
    """Check every run that is not yet ended and cleaned up.

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
    resources = bootstrap.stack_resources(settings.stack_name)
    results = sweep(bootstrap.ending(settings), bootstrap.functions(names), resources)
    for result in results:
        logger.info(result.outcome, run=result.run)
    if errors := [result for result in results if result.outcome.startswith(ERROR)]:
        raise RuntimeError(f"{len(errors)} of {len(results)} checks failed: {errors[0].outcome}")
    answer: list[dict[str, Any]] = msgspec.to_builtins(results)
    return answer
