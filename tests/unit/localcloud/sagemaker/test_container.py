"""Tests for the variables that a container's program gets."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from localcloud.sagemaker.container import PROCESSOR_LIMITS, Container
from localcloud.sagemaker.settings import Image
from localcloud.service import Credentials


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """A container without network, in an empty folder."""
    return Container(
        image=Image(train=["true"]),
        credentials=Credentials(access_key_id="a", secret_access_key="s", session_token="t"),
        isolated=True,
        folder=tmp_path,
    )


def test_limits_of_the_processor_reach_the_program(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a host whose processor is limited to AVX2, and a variable of its own
    for name in PROCESSOR_LIMITS:
        monkeypatch.setenv(name, "avx2")
    monkeypatch.setenv("OF_THE_HOST", "secret")

    # when the program's variables are made
    seen = container.environment(SimpleNamespace(region="us-east-1"), {}, {})

    # then the limits are there, and nothing else of the host
    assert {name: seen[name] for name in PROCESSOR_LIMITS} == dict.fromkeys(
        PROCESSOR_LIMITS, "avx2"
    )
    assert "OF_THE_HOST" not in seen


def test_no_limit_is_set_where_the_host_has_none(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a host that limits nothing
    for name in PROCESSOR_LIMITS:
        monkeypatch.delenv(name, raising=False)

    # when the program's variables are made
    seen = container.environment(SimpleNamespace(region="us-east-1"), {}, {})

    # then it has none of the limits
    assert not set(PROCESSOR_LIMITS) & set(seen)
