"""DPO: each prompt with both of its answers, and the proof that there is something to prefer."""

from pathlib import Path

import pytest

from tests.support.builders.fitted_rows import fit
from tests.support.builders.tiny_model import END_OF_TURN, LEARNABLE, make_byte_tokenizer
from tests.support.builders.training_rows import make_pairs
from tests.support.pipeline.training_job import TrainingJob
from tuning.chat_tokenizer import ChatTokenizer
from tuning.errors import DataError
from tuning.objectives.dpo import prove_trainable

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


@pytest.fixture
def chat() -> ChatTokenizer:
    return ChatTokenizer(make_byte_tokenizer())


def test_both_answers_follow_the_same_prompt(tmp_path: Path, chat: ChatTokenizer) -> None:
    # When a pair is fitted
    fitted = fit(tmp_path, make_pairs(1), chat, technique="dpo")
    (row,) = fitted.rows

    # Then the prompt ends where serving lets the answer begin, and each answer with its turn
    decode = chat.tokenizer.decode
    assert str(decode(row["prompt_ids"])).endswith("<|im_start|>assistant\n")
    assert decode(row["chosen_ids"]) == f"no{END_OF_TURN}"
    assert decode(row["rejected_ids"]) == f"yes{END_OF_TURN}"
    prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


def test_long_prompt_is_shortened_alike_before_both(tmp_path: Path, chat: ChatTokenizer) -> None:
    # Given a pair with a prompt that is too long, whose answers differ in length
    (pair,) = make_pairs(1)
    pair["prompt"][0]["content"] = "question? " + "x" * 500
    pair["rejected"][0]["content"] = "a much longer answer"

    # When it is fitted
    fitted = fit(tmp_path, [pair], chat, max_length=128, technique="dpo")
    (row,) = fitted.rows

    # Then the longer answer fits, and the shorter one has the same prompt
    assert fitted.shortened == [1]
    assert len(row["prompt_ids"]) + len(row["rejected_ids"]) <= 128
    assert fitted.tokens == 2 * len(row["prompt_ids"]) + len(
        [*row["chosen_ids"], *row["rejected_ids"]]
    )


def test_earlier_answers_of_the_prompt_are_no_answer(tmp_path: Path, chat: ChatTokenizer) -> None:
    # Given a pair whose prompt has an earlier answer
    (pair,) = make_pairs(1)
    earlier = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    pair["prompt"] = [*earlier, *pair["prompt"]]

    # When it is fitted
    (row,) = fit(tmp_path, [pair], chat, technique="dpo").rows

    # Then only the last answers are compared
    assert chat.tokenizer.decode(row["chosen_ids"]) == f"no{END_OF_TURN}"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rejected_ids": "chosen_ids"}, "row 1 .* `chosen` and `rejected` have the same tokens"),
        ({"chosen_ids": "prompt_ids"}, "row 1 .*: `chosen` does not end with .* end-of-turn"),
        ({"rejected_ids": None}, "row 1 .*: `rejected` has no token to train on"),
    ],
    ids=["equal", "endless", "empty"],
)
def test_pair_that_teaches_nothing_is_named(
    tmp_path: Path, chat: ChatTokenizer, change: dict[str, str | None], sentence: str
) -> None:
    # Given a pair with other tokens
    rows = fit(tmp_path, make_pairs(1), chat, technique="dpo").rows
    changed = rows.map(
        lambda row: {name: row[other] if other else [] for name, other in change.items()}
    )

    # When it is checked, then it is named
    with pytest.raises(DataError, match=sentence):
        prove_trainable(changed, chat.end_of_turn_ids, channel="train")


def test_job_learns_to_prefer_the_better_answers(job: TrainingJob) -> None:
    # Given pairs that can be learned
    job.give(
        {**LEARNABLE, "epochs": 1.0},
        train=make_pairs(96),
        validation=make_pairs(24, first_row=97),
        task="preference",
    )

    # When the job has ended
    process = job.run()
    assert process.process.returncode == 0, process.text

    # Then the better answers became likelier, in the log and in the summary
    logged = [line for line in process.lines if "eval_reward_margin" in line]
    assert process.losses[1] == pytest.approx(0.6931, abs=1e-3), "the logarithm of 2"
    assert logged[-1]["eval_loss"] < logged[0]["eval_loss"] < 0.6931
    assert job.summary["eval_reward_margin"] > 0
    assert 0.5 < job.summary["eval_reward_accuracy"] <= 1
    metrics = process.metrics
    assert all(metrics.values()), "a preference job logs every metric of the request"
    assert metrics["validation:reward_margin"] == [line["eval_reward_margin"] for line in logged]
    accuracies = [line["eval_reward_accuracy"] for line in logged]
    assert metrics["validation:reward_accuracy"] == accuracies
    assert "adapter_model.safetensors" in job.artifact
