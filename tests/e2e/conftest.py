"""Two local AWS that all end-to-end tests share; each test has its own datasets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.recipes import GATED_MODEL, HUB_MODEL, MLFLOW_SERVER
from tests.support.builders.tiny_model import make_tiny_model
from tests.support.local_aws.cloud import Cloud
from tests.support.local_aws.hub import Hub, Repository


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A causal language model of two small layers."""
    directory = tmp_path_factory.mktemp("model")
    make_tiny_model(directory)
    return directory


@pytest.fixture(scope="session")
def hub(tiny_model: Path) -> Iterator[Hub]:
    """A hub with the tiny model, free and gated."""
    models = {
        HUB_MODEL: Repository(tiny_model),
        GATED_MODEL: Repository(tiny_model, access="gated", token="nobody-has-it"),
    }
    with Hub(models=models) as server:
        yield server


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, hub: Hub) -> Iterator[Cloud]:
    """A local AWS with the stack deployed, as `python -m localcloud up` makes it."""
    parameters = {"HubEndpoint": hub.endpoint, "MlflowServerArn": MLFLOW_SERVER}
    cloud = Cloud(tmp_path_factory.mktemp("cloud"), tiny_model, parameters=parameters)
    yield cloud
    assert cloud.stop() == 0


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Cloud]:
    """A local AWS whose prepare function leaves every drop to a processing job."""
    directory = tmp_path_factory.mktemp("small")
    cloud = Cloud(directory, tiny_model, parameters={"PrepareLimitMegabytes": "0"})
    yield cloud
    assert cloud.stop() == 0
