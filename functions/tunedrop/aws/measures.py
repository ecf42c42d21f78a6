"""Figures for CloudWatch: each is a line of the function's log in the embedded metric format.

CloudWatch makes metrics of such lines, so no call and no permission is needed:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from datetime import datetime

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

from tunedrop.documents.run import Run

NAMESPACE = "Tunedrop"


class Measures:
    """CloudWatch's metrics as `tunedrop.ports.services.Measures`; each has the stack's name.

    The line of a run's figure has the run's folder as `correlation_id`, as the logs have it.
    """

    def __init__(self, stack: str) -> None:
        self.stack = stack

    def run_ended(self, run: Run) -> None:
        """Count the run by its verdict, and tell its stages' times, its cost and its bad rows."""
        verdict = run.verdict or run.status
        self._put("Runs", 1, MetricUnit.Count, run, verdict=verdict)
        for stage, times in run.stages.items():
            if times.ended:
                self._put(
                    "StageTime", _seconds(times.started, times.ended), MetricUnit.Seconds, run,
                    stage=stage,
                )  # fmt: skip
        if run.cost and run.cost.usd is not None:
            self._put("TrainingUsd", run.cost.usd, MetricUnit.NoUnit, run)
        if "rejected" in run.rows:
            self._put("RowsRejected", run.rows["rejected"], MetricUnit.Count, run)

    def of_stack(self, oldest_seconds: float, month_usd: float) -> None:
        """Tell the age of the oldest run that is not ended, and the month's spending."""
        self._put("OldestRunHours", oldest_seconds / 3600, MetricUnit.NoUnit)
        self._put("MonthUsd", month_usd, MetricUnit.NoUnit)

    def _put(
        self, name: str, value: float, unit: MetricUnit, run: Run | None = None, **dimensions: str
    ) -> None:
        with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
            metric.add_dimension("stack", self.stack)
            for dimension, text in dimensions.items():
                metric.add_dimension(dimension, text)
            if run:
                metric.add_metadata("correlation_id", run.folder)


def _seconds(started: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds()
