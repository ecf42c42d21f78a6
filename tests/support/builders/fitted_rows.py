"""Rows of a channel, loaded and tokenized as the training program does it."""

import json
from pathlib import Path
from typing import Any

from container_folders import ContainerFolders
from tuning.channels import load_channel
from tuning.chat_tokenizer import ChatTokenizer
from tuning.objectives.registry import objective_of
from tuning.row_fitting import IGNORED, FittedRows


def fit(
    tmp_path: Path,
    rows: list[dict[str, Any]],
    chat: ChatTokenizer,
    max_length: int = 256,
    technique: str = "sft",
) -> FittedRows:
    objective = objective_of(technique)
    write_channel(tmp_path, "".join(json.dumps(row) + "\n" for row in rows))
    folders, scratch = ContainerFolders(tmp_path), tmp_path / "scratch"
    loaded = load_channel(folders, "train", objective.ROWS, scratch=scratch)
    return objective.fit_rows(loaded, chat, max_length=max_length, channel="train")


def write_channel(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "input/data/train"
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_text(text, encoding="utf-8")


def learnt_texts(row: dict[str, Any], chat: ChatTokenizer) -> list[str]:
    """The stretches of a row that are trained on, as text."""
    stretches: list[list[int]] = [[]]
    for label in row["labels"]:
        if label != IGNORED:
            stretches[-1].append(label)
        elif stretches[-1]:
            stretches.append([])
    return [str(chat.tokenizer.decode(stretch)) for stretch in stretches if stretch]
