"""SageMaker's log groups of jobs and endpoints, which SageMaker itself never deletes."""

import time
from typing import Any

from tunedrop.documents.names import run_of_resource

# https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
GROUPS = "/aws/sagemaker/"
ENDPOINTS = f"{GROUPS}Endpoints/"
OF_JOBS = (f"{GROUPS}TrainingJobs", f"{GROUPS}ProcessingJobs")
DAY_MILLISECONDS = 86_400_000


class JobLogs:
    """SageMaker's log groups, as `tunedrop.ports.services.JobLogs`.

    All jobs of the account and Region share two groups; each endpoint has a group of its own.
    """

    def __init__(self, client: Any, sagemaker: Any, days: int) -> None:
        self.client = client
        self.sagemaker = sagemaker
        self.days = days

    def tidy(self) -> list[str]:
        """Give the groups without a retention one; delete those of endpoints that are long gone.

        An endpoint may be that of another stack, so SageMaker is asked whether it exists.

        Returns what was done, a line for each group. A retention that somebody has chosen stays.
        """
        done = []
        pages = self.client.get_paginator("describe_log_groups")
        for page in pages.paginate(logGroupNamePrefix=GROUPS):
            for group in page["logGroups"]:
                name = group["logGroupName"]
                run = run_of_resource(name.removeprefix(ENDPOINTS))
                if run is None and name not in OF_JOBS:
                    continue
                if "retentionInDays" not in group:
                    self.client.put_retention_policy(logGroupName=name, retentionInDays=self.days)
                    done.append(f"{name}: kept for {self.days} days from now on")
                elif run and self._is_empty(group) and not self._exists(name):
                    self.client.delete_log_group(logGroupName=name)
                    done.append(f"{name}: removed, for its endpoint is gone")
        return done

    def _exists(self, group: str) -> bool:
        """Return whether the endpoint of a log group still exists, whatever stack it belongs to."""
        name = group.removeprefix(ENDPOINTS)
        found = self.sagemaker.list_endpoints(NameContains=name)["Endpoints"]
        return name in {each["EndpointName"] for each in found}

    def _is_empty(self, group: dict[str, Any]) -> bool:
        """Return whether the retention has removed every line of a group.

        CloudWatch Logs tells a new group's size late, so that only an older one counts as empty.
        """
        age = time.time() * 1000 - group["creationTime"]
        is_old = age > group["retentionInDays"] * DAY_MILLISECONDS
        return is_old and group.get("storedBytes") == 0
