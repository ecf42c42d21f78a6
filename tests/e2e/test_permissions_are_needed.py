"""Each permission in the template is there because a run fails without it: IAM is enforced."""

from pathlib import Path

import pytest

from tests.e2e.test_once_and_the_newest import FAST
from tests.support.cloud import ROOT, Cloud, labelled_rows, wait_for

# The permission, what replaces it in template.yaml, and the stage that then fails.
TAKEN = {
    "PassRole to the processing job": (
        "Action: iam:PassRole\n              Resource: !GetAtt PrepareJobRole.Arn",
        "Action: iam:PassRole\n              Resource: !GetAtt EndpointRole.Arn",
        "prepare",
    ),
    "PassRole to the training job": (
        "Action: iam:PassRole\n              Resource: !GetAtt TrainingJobRole.Arn",
        "Action: iam:PassRole\n              Resource: !GetAtt EndpointRole.Arn",
        "train",
    ),
    "GetObject of the training job": (
        'Resource:\n                  - !Sub "${DataBucket.Arn}/runs/*/dataset/train.jsonl"',
        "Resource:",
        "train",
    ),
    "InvokeEndpoint": ("                - sagemaker:InvokeEndpoint\n", "", "evaluate"),
}


@pytest.mark.parametrize("permission", TAKEN)
def test_given_a_template_without_a_permission_when_a_file_is_dropped_then_the_run_fails_there(
    permission: str, tmp_path: Path, tiny_model: Path
) -> None:
    old, new, stage = TAKEN[permission]
    text = (ROOT / "template.yaml").read_text()
    assert text.count(old) == 1
    template = tmp_path / "template.yaml"
    text = text.replace(old, new).replace("Uri: functions/", f"Uri: {ROOT}/functions/")
    template.write_text(text)

    # Only a drop that no function takes gets a processing job.
    parameters = {"PrepareLimitMegabytes": "0"} if stage == "prepare" else {}
    cloud = Cloud(tmp_path / "cloud", tiny_model, template, parameters)
    try:
        cloud.drop("denied", labelled_rows(40), FAST)
        run = cloud.ended("denied")
        wait_for(lambda: cloud.emails("denied"), 30, cloud.logs)
        assert run["status"] == "failed"
        assert run["error"]["stage"] == stage
        assert "not authorized" in run["error"]["message"], run["error"]
        assert len(cloud.emails("denied")) == 1
    finally:
        cloud.stop()
