"""A local AWS with the probe stack, for all tests that do not stop it."""

from collections.abc import Iterator

import pytest

from tests.functional.localcloud.probe_cloud import ProbeCloud


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbeCloud]:
    """The probe stack, deployed."""
    cloud = ProbeCloud(tmp_path_factory.mktemp("probe"))
    yield cloud
    assert cloud.stop() == 0
