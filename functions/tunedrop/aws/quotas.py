"""The account's quotas of SageMaker, from Service Quotas."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class ServiceQuotas:
    """Reads quotas, as `tunedrop.ports.services.Quotas`.

    https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html

    Args:
        client: boto3's client of Service Quotas.
    """

    def __init__(self, client: Any) -> None:
        self.client = client

    def read(self) -> Mapping[str, float]:
        """Return the quotas by name; raises the errors of botocore."""
        pages = self.client.get_paginator("list_service_quotas")
        return {
            quota["QuotaName"]: quota["Value"]
            for page in pages.paginate(ServiceCode="sagemaker")
            for quota in page["Quotas"]
        }

    def known(self) -> Mapping[str, float]:
        """Return the quotas by name; empty if they cannot be read.

        A network without a way to Service Quotas must not stop a run that may well succeed.
        """
        try:
            return self.read()
        except (BotoCoreError, ClientError):
            return {}
