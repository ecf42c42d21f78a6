"""`mlflow` in a recipe: SageMaker records the training job on the stack's MLflow server."""

import pytest

from tests.support.pipeline.drives import KEY, report_failure, trained
from tests.support.pipeline.stack import Stack

pytestmark = pytest.mark.usefixtures("base_model")

SERVER = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-tracking-server/ours"
OTHER = "arn:aws:sagemaker:us-east-1:444455556666:mlflow-app/app-theirs"


def test_the_job_is_recorded_in_the_experiment_of_its_dataset(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a stack with a server, and a recipe that names it
    monkeypatch.setenv("MLFLOW_SERVER_ARN", SERVER)
    stack.drop(KEY.replace("tweets.csv", "recipe.yaml"), f"mlflow: {SERVER}".encode())

    # When
    _, name = trained(stack, tweets)

    # Then
    (request,) = (each for kind, each in stack.sagemaker.requests if kind == "CreateTrainingJob")
    assert request["MlflowConfig"] == {
        "MlflowResourceArn": SERVER,
        "MlflowExperimentName": "tweets",
        "MlflowRunName": name,
    }
    assert request["EnableNetworkIsolation"] is True


@pytest.mark.parametrize(
    ("own", "named"), [("", "to none"), (SERVER, f"only to {SERVER}")], ids=["none", "another"]
)
def test_another_server_than_the_stacks_ends_in_one_email(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch, own: str, named: str
) -> None:
    # Given a recipe with the server of somebody else
    monkeypatch.setenv("MLFLOW_SERVER_ARN", own)
    stack.drop(KEY.replace("tweets.csv", "recipe.yaml"), f"mlflow: {OTHER}".encode())
    stack.drop(KEY, tweets)

    # When
    folder = stack.prepare(KEY)["run"]
    report_failure(stack, folder)

    # Then nothing was started, and the email has the line and the parameter
    assert stack.sagemaker.jobs == {}
    error = stack.run(folder).error
    assert error
    assert "recipe.yaml, line 1: mlflow:" in error.message
    assert named in error.message
    assert "MlflowServerArn" in error.remedy
