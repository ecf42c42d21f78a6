"""A model of the Hugging Face hub, or of a server that answers like it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from fetching.errors import DamagedError, FetchError
from fetching.source import Listing, RemoteFile, checked

PAUSES = (1.0, 4.0, 16.0)  # Seconds before each further try; huggingface_hub tries by itself, too.
ANSWER_SECONDS = 60.0  # How long the hub may take to list a repository.
# The hub answers larger files only by Xet, a protocol that this job does not use.
# https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
LARGEST_FILE = 50 * 1000**3
REFUSED = (401, 403)
REASON_CHARACTERS = 300
AGAIN = "then drop the file again."
Result = TypeVar("Result")


class HubModel:
    """One model at one revision.

    Args:
        endpoint: the hub's address, without a slash at its end.
        model_id: `name` or `owner/name`.
        revision: a branch, a tag or a commit.
        token: of an account of the hub, or None. It must never be in a text that leaves this job.
    """

    def __init__(self, endpoint: str, model_id: str, revision: str, token: str | None) -> None:
        self._endpoint = endpoint
        self._id = model_id
        self._revision = revision
        self._token = token
        self._commit: str | None = None

    @property
    def place(self) -> str:
        """The model's page, where its licence is accepted, too."""
        return f"{self._endpoint}/{self._id}"

    def listing(self) -> Listing:
        """List the files of the commit that the revision names now."""

        def ask() -> Listing:
            info = HfApi(endpoint=self._endpoint).model_info(
                self._id,
                revision=self._revision,
                files_metadata=True,
                timeout=ANSWER_SECONDS,
                token=self._token or False,
            )
            if not info.sha:
                raise DamagedError("the answer names no commit")
            files = [
                RemoteFile(
                    name=each.rfilename,
                    size=each.size,
                    sha256=each.lfs.sha256 if each.lfs else None,
                    git_sha1=None if each.lfs else each.blob_id,
                )
                for each in info.siblings or []
            ]
            return Listing({file.name: file for file in files}, info.sha)

        found = self._patiently(ask, "list the files")
        self._commit = found.commit
        return found

    def download(self, file: RemoteFile, folder: Path) -> tuple[Path, str]:
        """Write one file of the listed commit into `folder`."""
        if (file.size or 0) > LARGEST_FILE:
            raise FetchError(
                f"{file.name} of {self.place} is larger than 50 GB.",
                f"Choose a model whose weights are in smaller files; {AGAIN}",
            )

        def load() -> tuple[Path, str]:
            path = Path(
                hf_hub_download(
                    self._id,
                    file.name,
                    revision=self._commit,
                    local_dir=folder,
                    endpoint=self._endpoint,
                    token=self._token or False,
                )
            )
            try:
                return path, checked(path, file)
            except DamagedError:
                path.unlink()  # The next try must not find it.
                raise

        return self._patiently(load, f"send {file.name}")

    def _patiently(self, work: Callable[[], Result], what: str) -> Result:
        """Try again after what may pass: no answer, a damaged answer, an error of the hub."""
        for pause in (*PAUSES, None):
            try:
                return work()
            except Exception as error:  # noqa: BLE001 - most errors of a network may pass
                self._refuse(error)
                if pause is None:
                    raise FetchError(
                        f"The hub did not {what} of {self.place} at {self._revision} after "
                        f"{len(PAUSES) + 1} tries: {self._reason(error)}",
                        f"See whether {self._endpoint} answers (https://status.huggingface.co) and "
                        f"whether the job's network reaches it; {AGAIN}",
                    ) from None
                time.sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def _refuse(self, error: Exception) -> None:
        """Raise FetchError if the hub refuses for good. Its texts contain no token.

        The order matters: a GatedRepoError is a RepositoryNotFoundError, too.
        """
        if isinstance(error, FetchError):
            raise error
        if isinstance(error, GatedRepoError):
            raise self._gated() from None
        if isinstance(error, RepositoryNotFoundError | HFValidationError):
            raise self._missing() from None
        if isinstance(error, RevisionNotFoundError | RemoteEntryNotFoundError):
            raise FetchError(
                f"The model {self._id} has no revision {self._revision} on {self._endpoint}.",
                f"Name a branch, a tag or a commit of {self.place}/commits/main as "
                f"base_model: {self._id}@<revision>; {AGAIN}",
            ) from None
        if isinstance(error, DisabledRepoError):
            raise FetchError(
                f"The hub has disabled the model {self._id}.", f"Choose another model; {AGAIN}"
            ) from None
        status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
        if status in REFUSED:
            raise FetchError(
                f"The hub refuses the token for {self.place} (status {status}).",
                "Create a token that may read this model at "
                f"{self._endpoint}/settings/tokens, put it into the secret of the stack's "
                f"parameter HubTokenSecretArn; {AGAIN}",
            ) from None

    def _gated(self) -> FetchError:
        message = f"The licence of {self._id} is not accepted: the hub asks every user to accept it"
        account = "the account whose token the stack has (HubTokenSecretArn)"
        if self._token is None:
            return FetchError(
                f"{message}, and the stack has no token of a user.",
                f"Accept it on {self.place}, put a token of that account into Secrets Manager and "
                f"deploy the stack with its ARN as HubTokenSecretArn; {AGAIN}",
            )
        return FetchError(
            f"{message}, and {account} has not.",
            f"Accept it on {self.place} with that account; {AGAIN}",
        )

    def _missing(self) -> FetchError:
        private = (
            "If it is private, give the stack a token of an account that may read it "
            "(parameter HubTokenSecretArn)"
            if self._token is None
            else "If it is private, use a token of an account that may read it"
        )
        return FetchError(
            f"The hub {self._endpoint} has no model {self._id}.",
            f"Correct base_model in recipe.yaml. {private}; {AGAIN}",
        )

    def _reason(self, error: Exception) -> str:
        """Return the first line of an error, without the token."""
        lines = str(error).strip().splitlines() or [""]
        text = f"{type(error).__name__}: {lines[0][:REASON_CHARACTERS]}"
        return text.replace(self._token, "***") if self._token else text
