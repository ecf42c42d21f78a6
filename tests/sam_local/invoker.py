"""Calls one function as `sam local invoke` does it: in a container, with the deployed variables."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.sam_local.image import architecture
from tests.support.local_aws.cloud import Cloud
from tests.support.local_aws.packages import ROOT

SAM = ROOT / ".venv-sam" / "bin" / "sam"


class Invoker:
    """Calls functions that use a local AWS at an address that containers reach."""

    def __init__(self, cloud: Cloud, address: str, environment: dict[str, str]) -> None:
        self._cloud = cloud
        self._environment = {
            **os.environ,
            **environment,
            **cloud.exports,
            "AWS_ENDPOINT_URL": f"http://{address}",
            "SAM_CLI_TELEMETRY": "0",
        }
        self._variables = cloud.directory / "variables.json"
        self._template = local_template()

    def call(self, function: str, event: str, variables: Mapping[str, str] | None = None) -> Any:
        """Call a function and return its answer; raises AssertionError when it gave none.

        The exit status tells nothing: it is 0 even if the function failed. The variables are those
        of the deployed function, unless others are given.
        """
        parameters = variables or self.deployed_variables(function)
        self._variables.write_text(json.dumps({"Parameters": parameters}))
        command = [str(SAM), "local", "invoke", function, "--event", "-", "--skip-pull-image"]
        command += ["--template", str(self._template), "--env-vars", str(self._variables)]
        done = subprocess.run(
            command,
            input=event,
            env=self._environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip(), f"{function} answered nothing:\n{done.stderr[-3000:]}"
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        failed = isinstance(answer, dict) and "errorType" in answer
        assert not failed, f"{function} failed: {answer}\n{done.stderr[-3000:]}"
        return answer

    def deployed_variables(self, function: str) -> dict[str, str]:
        """Return the variables of a function of the local AWS."""
        resource = self._cloud.client("cloudformation").describe_stack_resource(
            StackName="tunedrop", LogicalResourceId=function
        )["StackResourceDetail"]
        configuration = self._cloud.client("lambda").get_function_configuration(
            FunctionName=resource["PhysicalResourceId"]
        )
        variables: dict[str, str] = configuration["Environment"]["Variables"]
        return variables


def local_template() -> Path:
    """Write the built template for this processor, with a variable for the address of AWS.

    SAM gives a function only the variables that its template declares.
    """
    built = ROOT / ".aws-sam" / "build"
    text = (built / "template.yaml").read_text().replace("arm64", architecture())
    text = re.sub(r"( +)DATA_BUCKET:", r'\1AWS_ENDPOINT_URL: ""\n\1DATA_BUCKET:', text)
    template = built / "local.yaml"
    template.write_text(text)
    return template
