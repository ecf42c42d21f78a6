"""Starts and stops the whole local AWS: emulator, SageMaker, stack and base models."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from localcloud.aws.emulator import Emulator
from localcloud.aws.process_setup import EmulatorSettings
from localcloud.sagemaker import SageMakerSettings, start_sagemaker
from localcloud.stack.base_model import provide_base_model
from localcloud.stack.deployment import Stack, deploy
from localcloud.stack.images import product_images
from localcloud.stack.template import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from localcloud.sagemaker import SageMakerService
    from localcloud.stack.model_choice import ModelChoice


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalCloudSettings:
    """What to run and where."""

    state_dir: Path
    port: int
    template: Path = TEMPLATE
    stack_name: str = "tunedrop"
    email: str = "demo@example.com"
    confirm_emails: bool = True
    models: ModelChoice | None = None
    """Chooses the base models for the bucket; None when the stack needs none."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the stack besides NotificationEmail."""
    catch_up: bool = True
    """Whether schedules fire at once, so that `sweep` settles runs of an earlier localcloud."""
    retry_delays_seconds: tuple[float, ...] = (1.0, 3.0)


class LocalCloud:
    """A context manager: it deploys the stack on entry and ends every process on exit.

    Args:
        settings: what to run and where.
        say: called with a line before each slow step.
    """

    def __init__(self, settings: LocalCloudSettings, say: Callable[[str], None]) -> None:
        self.settings = settings
        self._say = say
        state = settings.state_dir
        self.outbox = state / "outbox"
        self.old_mail = frozenset(self.outbox.glob("*.eml"))
        """Mail that an earlier localcloud delivered."""
        self.emulator = Emulator(
            EmulatorSettings(
                state_dir=state,
                port=settings.port,
                confirm_emails=settings.confirm_emails,
                retry_delays_seconds=settings.retry_delays_seconds,
            )
        )
        self.sagemaker: SageMakerService | None = None
        self.stack = Stack(name=settings.stack_name, outputs={}, physical_ids={})

    @property
    def bucket(self) -> str:
        """The data bucket: the stack's output `Bucket`."""
        return self.stack.outputs["Bucket"]

    def client(self, service: str) -> Any:
        """A boto3 client as the root of the account."""
        return self.emulator.client(service)

    def __enter__(self) -> Self:
        try:
            self._up()
        except BaseException:
            self._down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._down()

    def _up(self) -> None:
        settings = self.settings
        self.emulator.require_free_port()
        if settings.models:  # what is missing is said before anything starts
            settings.models.needs_the_demo(settings.state_dir)
        # The model is converted while pip installs what the functions declare: both take half a
        # minute of one core.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="models") as thread:
            fetching = thread.submit(self._models)
            self._deploy()
            models = fetching.result()
        s3 = self.client("s3")
        for model_id, directory in models.items():
            provide_base_model(s3, self.bucket, model_id, directory, self._say)
        if settings.catch_up:
            self.emulator.make_schedules_due()

    def _models(self) -> Mapping[str, Path]:
        choice = self.settings.models
        return choice.models(self.settings.state_dir, self._say) if choice else {}

    def _deploy(self) -> None:
        settings = self.settings
        self._say(f"starting the local AWS on {self.emulator.endpoint_url}")
        self.sagemaker = start_sagemaker(
            self.emulator,
            SageMakerSettings(
                state_dir=settings.state_dir / "sagemaker",
                images=product_images(settings.state_dir, self.emulator.code),
            ),
        )
        self.emulator.start()
        self.stack = deploy(
            self.emulator,
            settings.template,
            settings.stack_name,
            {"NotificationEmail": settings.email, **settings.parameters},
            settings.state_dir / "build",
            self._say,
        )

    def _down(self) -> None:
        if self.sagemaker:
            self.sagemaker.close()
        self.emulator.stop()
