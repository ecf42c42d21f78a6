"""What a follower reads of a run: one line for each thing that changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.run_documents import Document
    from localcloud.training_log import TrainingLog

STEP_SECONDS = 5.0
ROW_NAMES = ("in", "train", "validation", "test", "rejected", "duplicates", "not_sampled")


class ProgressLines:
    """Says what is new since the last look."""

    def __init__(self, say: Callable[[str], None], training_log: TrainingLog) -> None:
        self._say = say
        self._log = training_log
        self._started = time.monotonic()
        self._last: dict[str, str] = {}
        self._last_step = -STEP_SECONDS

    def update(self, run: Document) -> None:
        """Look at run.json and, while training, at the job's log."""
        stage = run["stage"]
        if run["status"] == "running":
            self._once("stage", stage, "begins")
        if processing := run.get("processing"):
            self._once("processing", "prepare", f"in a processing job: {processing['reason']}")
        if rows := run.get("rows"):
            self._once("rows", "prepare", _rows(rows))
        if job := run.get("job"):
            for step in self._log.new_steps(job):
                self._training_step(step)
        if progress := run.get("progress"):
            done = f"{progress['done']} of {progress['total']} {progress['unit']}"
            self._once("progress", stage, done)
        if run["status"] != "running":
            self._once("status", stage, f"the run has {run['status']}")

    def _training_step(self, step: dict[str, Any]) -> None:
        """Say every validation and the last step, and of the others one every few seconds."""
        now = time.monotonic()
        matters = "eval_loss" in step or step["step"] == step.get("steps")
        if matters or now - self._last_step >= STEP_SECONDS:
            self._last_step = now
            self._line("train", _step(step))

    def _once(self, subject: str, stage: str, text: str) -> None:
        line = f"{stage} {text}"
        if self._last.get(subject) != line:
            self._last[subject] = line
            self._line(stage, text)

    def _line(self, stage: str, text: str) -> None:
        self._say(f"{time.monotonic() - self._started:6.1f} s  {stage:8}  {text}")


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
