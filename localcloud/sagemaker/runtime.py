"""What every job and endpoint shares: the AWS around it, settings, work folders, processes."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.guard import ProcessGuard
from localcloud.sagemaker.events import EventSender
from localcloud.sagemaker.processes import ContainerProcess
from localcloud.sagemaker.resources import SERVICE_PRINCIPAL
from localcloud.sagemaker.storage import ObjectStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from localcloud.sagemaker.container import Container
    from localcloud.sagemaker.platform import Platform
    from localcloud.sagemaker.settings import SageMakerSettings
    from localcloud.service import Credentials


class Runtime:
    """Starts programs in clean folders with clean environments, and ends them all on `close`."""

    def __init__(self, platform: Platform, settings: SageMakerSettings) -> None:
        self.platform = platform
        self.settings = settings
        self.events = EventSender(platform, settings.event_copies)
        self.closing = threading.Event()
        self._work = settings.state_dir.resolve() / "work"
        # A localcloud that was killed left folders here; its guard has killed the processes.
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        self._guard = ProcessGuard()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start_thread(self, work: Callable[[], None], name: str) -> None:
        """Run `work` on a thread of its own; `close` waits for its end."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        with self._lock:
            self._threads = [known for known in self._threads if known.is_alive()] + [thread]
            thread.start()

    def close(self) -> None:
        """End every job and endpoint without events or changes of status, like a power failure."""
        self.closing.set()
        for thread in self._threads:
            thread.join()
        self._guard.close()
        shutil.rmtree(self._work, ignore_errors=True)

    @contextmanager
    def work_folder(self, name: str) -> Iterator[Path]:
        """An empty folder that is removed when the job or endpoint ends."""
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._work))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def assume_role(self, role_arn: str) -> Credentials:
        """Credentials of the role; ServiceError when SageMaker may not assume it."""
        return self.platform.assume_role(role_arn, "SageMaker", service_principal=SERVICE_PRINCIPAL)

    def store(self, credentials: Credentials) -> ObjectStore:
        """S3 as the role sees it."""
        return ObjectStore(self.platform.client("s3", credentials))

    def start_process(
        self,
        command: Sequence[str],
        container: Container,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> ContainerProcess:
        """Start a program of the container; raises ContractError when that is not possible."""
        # A program must not be looked up on the host's PATH.
        if not os.path.isabs(command[0]):  # noqa: PTH117  # a command line has strings
            raise ValueError(f"{command[0]!r}: the program of an image needs an absolute path")
        return ContainerProcess(
            command,
            environment=environment,
            folder=container.folder,
            on_line=on_line,
            guard=self._guard,
        )
