"""Deploys template.yaml as a stack, as `sam build && sam deploy` do."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.aws.reconciliation import unknown_properties
from localcloud.service import LocalCloudError
from localcloud.stack.images import TRAINING_IMAGE
from localcloud.stack.package import build_layer, build_package
from localcloud.stack.template import LAYER, Template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from localcloud.aws.emulator import Emulator

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
ARTIFACTS_BUCKET = "localcloud-artifacts"
"""Has the packages of functions and layers, like the bucket of `sam deploy`."""
DEPLOY_SECONDS = 60.0
"""A stack that is not complete after this time has failed."""

log = logging.getLogger("localcloud.deployment")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """A deployed stack."""

    name: str
    outputs: Mapping[str, str]
    physical_ids: Mapping[str, str]
    """Physical ids by logical id."""


def deploy(  # noqa: PLR0913, PLR0917  # each is a choice of the caller
    emulator: Emulator,
    template_path: Path,
    stack_name: str,
    parameters: Mapping[str, str],
    build_dir: Path,
    say: Callable[[str], None],
) -> Stack:
    """Build the packages, create or update the stack, and wait until it is complete.

    `say` is called with a line before each slow step.

    Raises LocalCloudError with CloudFormation's reason when the stack fails.
    """
    template = Template.read(template_path)
    if "TrainingImage" in template.document.get("Parameters", {}):
        parameters = {"TrainingImage": TRAINING_IMAGE, **parameters}
    uploader = _Uploader(emulator.client("s3"), build_dir, say)
    template.replace_local_code(uploader.upload, parameters)
    uploader.delete_others()
    say(f"deploying {template_path.name} as the stack {stack_name}")
    formation = emulator.client("cloudformation")
    location = f"{emulator.endpoint_url}/{uploader.upload_template(template)}"
    _create_or_update(formation, stack_name, location, parameters)
    outputs = _wait(formation, stack_name)
    emulator.finish_deployment()
    _warn_of_unknown(formation, stack_name)
    resources = formation.describe_stack_resources(StackName=stack_name)["StackResources"]
    return Stack(
        name=stack_name,
        outputs=outputs,
        physical_ids={item["LogicalResourceId"]: item["PhysicalResourceId"] for item in resources},
    )


class _Uploader:
    """Builds the package of each local folder, and uploads it to the artifacts bucket once."""

    def __init__(self, s3: Any, build_dir: Path, say: Callable[[str], None]) -> None:
        self._s3 = s3
        self._build_dir = build_dir
        self._say = say
        self._keys: set[str] = set()
        existing = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
        if ARTIFACTS_BUCKET not in existing:
            s3.create_bucket(Bucket=ARTIFACTS_BUCKET)

    def upload(self, folder: Path, kind: str) -> str:
        build = build_layer if kind == LAYER else build_package
        archive = build(folder, self._build_dir, self._say)
        if archive.name not in self._keys:
            self._s3.upload_file(str(archive), ARTIFACTS_BUCKET, archive.name)
            self._keys.add(archive.name)
        return f"s3://{ARTIFACTS_BUCKET}/{archive.name}"

    def upload_template(self, template: Template) -> str:
        """Upload the template; a request has room for 51,200 bytes, and an object for 1 MB.

        Returns `<bucket>/<key>`.
        """
        body = json.dumps(template.document, default=str).encode()
        key = f"template-{hashlib.sha256(body).hexdigest()[:16]}.json"
        self._s3.put_object(Bucket=ARTIFACTS_BUCKET, Key=key, Body=body)
        return f"{ARTIFACTS_BUCKET}/{key}"

    def delete_others(self) -> None:
        """Delete the packages of earlier deployments."""
        listed = self._s3.list_objects_v2(Bucket=ARTIFACTS_BUCKET).get("Contents", [])
        for key in {item["Key"] for item in listed} - self._keys:
            self._s3.delete_object(Bucket=ARTIFACTS_BUCKET, Key=key)


def _create_or_update(
    formation: Any, stack_name: str, location: str, parameters: Mapping[str, str]
) -> None:
    request = {
        "StackName": stack_name,
        "TemplateURL": location,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        "Capabilities": CAPABILITIES,
    }
    if _exists(formation, stack_name):
        formation.update_stack(**request)
    else:
        formation.create_stack(**request)


def _exists(formation: Any, stack_name: str) -> bool:
    stacks = formation.describe_stacks()["Stacks"]
    return any(
        stack["StackName"] == stack_name and stack["StackStatus"] != "DELETE_COMPLETE"
        for stack in stacks
    )


def _wait(formation: Any, stack_name: str) -> dict[str, str]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while True:
        stack = formation.describe_stacks(StackName=stack_name)["Stacks"][0]
        status = stack["StackStatus"]
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
        if not status.endswith("IN_PROGRESS") or time.monotonic() > deadline:
            raise LocalCloudError(
                f"the stack {stack_name} is {status}: {_reasons(formation, stack_name)}"
            )
        time.sleep(0.1)


def _reasons(formation: Any, stack_name: str) -> str:
    events = formation.describe_stack_events(StackName=stack_name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    reasons = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(failed)
    ]
    return "; ".join(reasons) or "CloudFormation gives no reason; see localcloud.log"


def _warn_of_unknown(formation: Any, stack_name: str) -> None:
    processed = formation.get_template(StackName=stack_name, TemplateStage="Processed")
    body = processed["TemplateBody"]
    document = json.loads(body) if isinstance(body, str) else body
    for unknown in unknown_properties(document["Resources"]):
        log.warning("this property is on no list of localcloud/aws/reconciliation.py: %s", unknown)
