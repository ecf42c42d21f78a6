"""A Hugging Face directory in a bucket."""

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from fetching.errors import FetchError
from fetching.source import Listing, RemoteFile, checked

DENIED = ("403", "AccessDenied")
MISSING = ("404", "NoSuchBucket", "NoSuchKey")


class BucketDirectory:
    """The objects below one prefix.

    Args:
        s3: a boto3 client.
        uri: `s3://bucket/prefix`, with or without a slash at its end.
    """

    def __init__(self, s3: Any, uri: str) -> None:
        self._s3 = s3
        self._bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix.rstrip('/')}/" if prefix else ""

    @property
    def place(self) -> str:
        """The S3 URI with its slash."""
        return f"s3://{self._bucket}/{self._prefix}"

    def listing(self) -> Listing:
        """List the files; raises FetchError if the bucket cannot be read."""
        files = {}
        try:
            pages = self._s3.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for item in page.get("Contents", []):
                    name = item["Key"].removeprefix(self._prefix)
                    files[name] = RemoteFile(name, size=item["Size"])
        except ClientError as error:
            self._refuse(error)
            raise
        return Listing(files)

    def download(self, file: RemoteFile, folder: Path) -> tuple[Path, str]:
        """Write one object into `folder`."""
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._s3.download_file(self._bucket, f"{self._prefix}{file.name}", str(path))
        except ClientError as error:
            self._refuse(error)
            raise
        return path, checked(path, file)

    def _refuse(self, error: ClientError) -> None:
        """Raise FetchError if the bucket or its content cannot be read."""
        code = error.response["Error"]["Code"]
        if code in DENIED:
            raise FetchError(
                f"The stack may not read the base model {self.place}.",
                "Put it below models/ in the stack's own bucket, or deploy the stack with the "
                "parameter ModelBucket set to this bucket; then drop the file again.",
            ) from None
        if code in MISSING:
            raise FetchError(
                f"There is no bucket {self._bucket}, or an object left it meanwhile.",
                "Correct base_model in recipe.yaml, then drop the file again.",
            ) from None
