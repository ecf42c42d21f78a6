"""The hub of the model: the real program of the job that fetches, with another source.

The hub's real client and answers that are broken or slow have tests of their own
(tests/functional/training_container/fetching).
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import fetch
from container_folders import ContainerFolders
from fetching.errors import FetchError
from fetching.source import Listing, RemoteFile, checked
from tests.support.builders.model_directory import CONFIG, safetensors

GATED = "gated/"  # The owner of the models whose licence was not accepted.
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": str(CONFIG).replace("'", '"').encode(),
    "tokenizer.model": b"a tokenizer that counts no tokens here",
    "model.safetensors": safetensors({"embed": (10, 8)}),
}


class ModelHub:
    """A model of the hub as the job sees it; it has the arguments of `fetching.hub.HubModel`."""

    def __init__(self, endpoint: str, model_id: str, revision: str, token: str | None) -> None:
        self.place = f"{endpoint}/{model_id}@{revision}"
        self._is_gated = model_id.startswith(GATED) and token is None

    def listing(self) -> Listing:
        """List the files."""
        return Listing({name: RemoteFile(name, len(body)) for name, body in FILES.items()}, COMMIT)

    def download(self, file: RemoteFile, folder: Path) -> tuple[Path, str]:
        """Write one file."""
        if self._is_gated:
            raise FetchError(f"The licence of {self.place} is not accepted.", "Accept it there.")
        path = folder / file.name
        path.write_bytes(FILES[file.name])
        return path, checked(path, file)


def fetch_model(environment: Mapping[str, str]) -> tuple[int, str | None]:
    """Run the job's program; returns its exit status and its message."""
    with tempfile.TemporaryDirectory() as root:
        status = fetch.run(ContainerFolders(Path(root)), environment)
        message = Path(root) / "output" / "message"
        return status, message.read_text() if message.exists() else None
