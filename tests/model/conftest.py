"""Fixtures: the product on the model of AWS."""

from collections.abc import Iterator

import pytest

from tests.model.product import Product, installed


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with installed() as installation:
        yield installation
