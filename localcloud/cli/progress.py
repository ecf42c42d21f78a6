"""Prints the progress of a run: one line for each change, with the time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from localcloud.cli.run_documents import STAGES
from localcloud.cli.time_left import TimeLeft, duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cli.run_documents import Document
    from localcloud.cli.training_log import TrainingLog

STEP_SECONDS = 5.0
"""Time between two printed steps of the training, which would flood the terminal."""
SILENT_SECONDS = 30.0
"""After this time without a line, the present activity is printed again."""
ROW_NAMES = ("in", "train", "validation", "test", "rejected", "duplicates", "not_sampled")
WAITS = {
    "prepare": "reading, checking and splitting the rows",
    "train": "starting the training job: PyTorch, the base model, the first step",
    "deploy": "starting an endpoint that answers as the base and as the tuned model",
    "evaluate": "asking both models every test row",
}
ASKING = "the run asks how the file is meant and waits for a recipe: its email has the readings"
TUNING = "training the trials of the tuning job"
STEPPING = "training the next step"
SAVING = "last step done: validating, saving and uploading the adapter"


class ProgressLines:
    """Prints what has changed since the last call.

    Args:
        say: called with each line.
        training_log: the log of training jobs.
        last_stage: the stage after which following ends.
        clock: returns seconds, as time.monotonic does.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        training_log: TrainingLog,
        last_stage: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say = say
        self._log = training_log
        self._clock = clock
        self._last_stage = last_stage
        self._time_left = TimeLeft(last_stage, clock)
        self._started = clock()
        self._said_at = self._started
        self._last: dict[str, str] = {}
        self._last_step = -STEP_SECONDS
        self._stage = ""
        self._waits_for = ""
        self._is_advised = False

    def update(self, run: Document) -> None:
        """Print what is new in run.json and, while it trains, in the job's log."""
        stage, is_running = run["stage"], run["status"] == "running"
        self._time_left.at(stage, run.get("rows", {}))
        self._preparation(run)
        is_followed = STAGES.index(stage) <= STAGES.index(self._last_stage)
        if is_running and is_followed and stage != self._stage:
            self._stage, self._waits_for = stage, WAITS[stage]
            self._line(stage, f"begins: {self._waits_for}", self._left())
        if job := run.get("job"):
            for step in self._log.new_steps(job):
                self._trial_step(step) if "trial" in step else self._training_step(step)
        if progress := run.get("progress"):
            self._progress(stage, progress)
        if not is_running:
            status = run["status"]
            text = ASKING if status == "asking" else f"the run has {status}"
            self._once("status", stage, text)
        elif self._clock() - self._said_at >= SILENT_SECONDS:
            self._line(stage, f"still {self._waits_for}", self._left())

    def _preparation(self, run: Document) -> None:
        if fetching := run.get("fetching"):
            text = f"waits until the job {fetching['job']} has fetched {fetching['model']}"
            self._once("fetching", "prepare", text)
        if learns := run.get("learns"):
            self._once("learns", "prepare", learns)
        if rows := run.get("rows"):
            self._once("rows", "prepare", _rows(rows))
        if processing := run.get("processing"):
            self._once("processing", "prepare", f"in a processing job: {processing['reason']}")

    def _trial_step(self, step: dict[str, Any]) -> None:
        """Print the validations of a trial; trials run side by side, so nothing else is told."""
        self._waits_for = TUNING
        if "eval_loss" in step:
            self._line("train", f"trial {step['trial']}, {_step(step)}")

    def _training_step(self, step: dict[str, Any]) -> None:
        """Print every validation and the last step, and of the other steps one in STEP_SECONDS."""
        self._time_left.trained(step)
        now, is_last = self._clock(), step["step"] == step.get("steps")
        if "eval_loss" in step or is_last or now - self._last_step >= STEP_SECONDS:
            self._last_step = now
            self._line("train", _step(step), "" if is_last else self._left())
        self._waits_for = SAVING if is_last else STEPPING
        if is_last:
            self._once("saving", "train", SAVING, self._left())
        elif not self._is_advised and (advice := self._time_left.advice()):
            self._is_advised = True
            self._line("train", advice)

    def _progress(self, stage: str, progress: dict[str, Any]) -> None:
        done = f"{progress['done']} of {progress['total']} {progress['unit']}"
        if self._last.get("progress") != f"{stage} {done}":
            self._time_left.progressed(progress["done"], progress["total"])
            self._once("progress", stage, done, self._left())

    def _left(self) -> str:
        left = self._time_left.left()
        parts = [f"{duration(left.stage)} of this stage"] if left.stage else []
        parts += [] if left.run is None else [f"{duration(left.run)} of the run"]
        return f"; left: about {', '.join(parts)}" if parts else ""

    def _once(self, subject: str, stage: str, text: str, left: str = "") -> None:
        line = f"{stage} {text}"
        if self._last.get(subject) != line:
            self._last[subject] = line
            self._line(stage, text, left)

    def _line(self, stage: str, text: str, left: str = "") -> None:
        self._said_at = self._clock()
        self._say(f"{self._said_at - self._started:6.1f} s  {stage:8}  {text}{left}")


def _rows(rows: dict[str, int]) -> str:
    counted = [f"{rows[name]} {name.replace('_', ' ')}" for name in ROW_NAMES if name in rows]
    return "rows: " + ", ".join(counted)


def _step(step: dict[str, Any]) -> str:
    total = f"/{step['steps']}" if "steps" in step else ""
    if "eval_loss" in step:
        return f"step {step['step']}{total}: validation loss {step['eval_loss']:.4f}"
    if "loss" not in step:
        return f"step {step['step']}{total}"
    speed = step.get("tokens_per_second")
    tail = f", {speed:.0f} tokens/s" if speed else ""
    return f"step {step['step']}{total}: loss {step['loss']:.4f}{tail}"
