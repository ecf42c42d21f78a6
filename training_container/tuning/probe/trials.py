"""Try learning rates around the rule's on a share of an epoch, and train with the best one.

Each trial starts from the same weights, passes the same rows in the same batches, and is judged by
the loss on the same validation rows. After a trial the adapter is removed from the base model, and
the training that follows sets its seed anew, so that it trains as it would have without trials.

A short training at a falling rate favours rates that are too high for a long one, so a trial keeps
its rate after the warm-up.
"""

import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from datasets import Dataset
from transformers import Trainer

from tuning.base_model import LoadedModel
from tuning.checkpoints import latest_complete, train_from
from tuning.configuration import TrainingConfig
from tuning.objectives.registry import Objective
from tuning.probe.outcome import Outcome, choose, trial_of
from tuning.probe.plan import Clock, Plan, rows_of_a_step
from tuning.probe.processes import agreed, is_first_process
from tuning.progress import ProgressLog, log_line

FILE: Final = "probe.json"
"""The file in the checkpoint folder that keeps the choice."""

LEAST_WARMUP: Final = 0.1
"""Share of a trial's steps in which its rate rises, so that Adam's averages are sound."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What the trials are made of; `make_ready` prepares a trainer for its first step."""

    objective: Objective
    base: LoadedModel
    train: Dataset
    validation: Dataset
    config: TrainingConfig
    make_ready: Callable[[Trainer], None]

    def settle(self, checkpoints: Path) -> Outcome:
        """Return the learning rate to train with, and why.

        The choice is kept in the checkpoint folder, so that a job that goes on after an
        interruption does not choose again. A job that has a checkpoint without it tries nothing.
        """
        if kept := _read(checkpoints / FILE):
            return kept
        probe = self.config.probe
        if not probe.rates:
            return self._by_rule(probe.reason)
        if latest_complete(checkpoints):
            return self._by_rule("the job began without trials")
        plan = Plan.of(len(self.train), len(self.validation), self.config)
        if not plan.is_worthwhile:
            return self._by_rule(
                f"{probe.share:.0%} of the training is too short to try {len(probe.rates)} rates"
            )
        outcome = agreed(self._try_all(plan))
        if is_first_process():
            checkpoints.mkdir(parents=True, exist_ok=True)
            text = json.dumps(asdict(outcome)) + "\n"
            (checkpoints / FILE).write_text(text, encoding="utf-8")
        log_line(event="probe_ended", **{**outcome.figures, "trials": len(outcome.trials)})
        return outcome

    def _by_rule(self, reason: str) -> Outcome:
        rate = self.config.hyperparameters.learning_rate
        return Outcome(learning_rate=rate, source="rule", reason=reason)

    def _try_all(self, plan: Plan) -> Outcome:
        """Try each rate, and return the best one, or the rule's if the clock ended the probe."""
        probe, clock = self.config.probe, Clock(plan, self.config)
        seed = self.config.hyperparameters.seed
        rows = plan.steps * rows_of_a_step(self.config.hyperparameters)
        train = self.train.shuffle(seed=seed).select(range(rows))
        validation = self.validation.shuffle(seed=seed).select(range(plan.validation_rows))
        trials = []
        for number, rate in enumerate(probe.rates, start=1):
            began = clock.seconds
            loss = self._loss(rate, train, validation, clock)
            if clock.ended:
                return replace(self._by_rule(clock.ended), seconds=round(clock.seconds, 1))
            trials.append(trial_of(number, rate, loss, clock.seconds - began))
            log_line(event="probe", rate=rate, probe_loss=loss, steps=plan.steps)
        return choose(probe.rates, trials, round(clock.seconds, 1))

    def _loss(self, rate: float, train: Dataset, validation: Dataset, clock: Clock) -> float:
        """Train once over the rows, and return the validation loss; leave the base model as it was.

        The lines of ProgressLog are left out, because SageMaker reads metrics from them.
        """
        chosen = self.config.hyperparameters
        with tempfile.TemporaryDirectory(prefix="probe-") as folder:
            trainer = self.objective.make_trainer(
                self.base,
                train=train,
                validation=validation,
                chosen=replace(
                    chosen,
                    learning_rate=rate,
                    epochs=1.0,
                    scheduler="constant",
                    warmup_fraction=max(chosen.warmup_fraction, LEAST_WARMUP),
                ),
                checkpoints=Path(folder),
            )
            trainer.remove_callback(ProgressLog)
            trainer.add_callback(clock)
            for name in ("eval_strategy", "save_strategy"):
                setattr(trainer.args, name, "no")
            trainer.args.load_best_model_at_end = False
            self.make_ready(trainer)
            train_from(trainer, None)
            loss = math.nan if clock.ended else float(trainer.evaluate()["eval_loss"])
        trainer.accelerator.unwrap_model(trainer.model).unload()
        trainer.accelerator.free_memory()
        return loss


def _read(kept: Path) -> Outcome | None:
    """Return the choice in the file; None when there is no file, or a kill left half of it."""
    try:
        return Outcome(**json.loads(kept.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
