"""Rows of the `mix` channel are trained on beside the others, as the share says."""

import json

import pytest
from datasets import Dataset

from tests.support.builders.tiny_model import LEARNABLE
from tests.support.builders.training_rows import make_row, make_rows
from tests.support.pipeline.training_job import TrainingJob
from tuning.mixing import mixed, sample_for


@pytest.mark.parametrize(("share", "rows"), [(0.2, 20), (0.5, 80), (0.9, 100), (0.001, 1)])
def test_sample_has_the_share_of_all_rows_as_far_as_there_are_any(share: float, rows: int) -> None:
    # Given 100 rows of another dataset, beside 80
    other = Dataset.from_dict({"row": list(range(100))})

    # When
    sample = sample_for(other, beside=80, share=share, seed=17)

    # Then they are random rows, the same for the same seed
    assert len(set(sample["row"])) == rows
    assert sample["row"] == sample_for(other, beside=80, share=share, seed=17)["row"]


def test_mixed_rows_are_among_the_others() -> None:
    own, other = Dataset.from_dict({"row": [1] * 40}), Dataset.from_dict({"row": [2] * 10})

    rows = mixed(own, other, seed=17)["row"]

    assert sorted(rows) == [1] * 40 + [2] * 10
    assert rows != sorted(rows)


def test_job_counts_the_mixed_rows_apart(job: TrainingJob) -> None:
    # Given a job with a channel of other rows
    job.give(
        {**LEARNABLE, "epochs": 1.0},
        train=make_rows(40),
        validation=make_rows(8, first_row=41),
        mix_share=0.2,
    )
    folder = job.root / "input/data/mix"
    folder.mkdir()
    rows = [make_row(number, f"question {number}", "maybe") for number in range(1, 31)]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    # When it has ended
    process = job.run()
    assert process.process.returncode == 0, process.text

    # Then both kinds are counted, and both are trained on
    assert (job.summary["train_rows"], job.summary["mixed_rows"]) == (40, 10)
    assert job.summary["steps"] == 7, "50 rows in batches of 8"
