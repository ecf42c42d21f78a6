"""The probe stack on a local AWS, started as a user starts it: `python -m localcloud up`."""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.support.local_aws.cloud import LocalAws, wait_for
from tests.support.local_aws.packages import ROOT, provide_packages

PROBE = Path(__file__).parent / "probe"
BUCKET = "probe-123456789012"


class ProbeCloud(LocalAws):
    """One running `localcloud up` with the probe stack."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        probe = directory / "probe"
        if not probe.exists():
            shutil.copytree(PROBE, probe)
            shutil.copy(ROOT / "functions" / "requirements.txt", probe / "functions")
            provide_packages(directory / "build")
        template = str(probe / "template.yaml")
        super().__init__(
            ["--dir", str(directory), "--template", template, "--no-confirm"],
            {"AWS_PROFILE": "real-account"},
        )

    def drop(self, dataset: str, name: str) -> str:
        """Upload a file and return its version."""
        put = self.s3.put_object(Bucket=BUCKET, Key=f"datasets/{dataset}/{name}", Body=b"abc")
        version: str = put["VersionId"]
        return version

    def seen(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until a kind has this number of records, and return them."""

        def look() -> list[dict[str, Any]] | None:
            listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"seen/{kind}/")
            keys = [item["Key"] for item in listed.get("Contents", [])]
            if len(keys) < count:
                return None
            bodies = [self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
            return [json.loads(body) for body in bodies]

        return wait_for(look, self.log)

    def log(self) -> str:
        """Return the end of localcloud's own log."""
        return (self.directory / "localcloud.log").read_text()[-4000:]
