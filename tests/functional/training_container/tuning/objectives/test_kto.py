"""KTO: each prompt with one judged answer; both kinds of answers weigh the same."""

from pathlib import Path

import pytest

from tests.support.builders.fitted_rows import fit
from tests.support.builders.tiny_model import END_OF_TURN, LEARNABLE, make_byte_tokenizer
from tests.support.builders.training_rows import make_judged
from tests.support.pipeline.training_job import TrainingJob
from tuning.chat_tokenizer import ChatTokenizer
from tuning.errors import DataError
from tuning.objectives.kto import prove_trainable, weights_of

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


@pytest.fixture
def chat() -> ChatTokenizer:
    return ChatTokenizer(make_byte_tokenizer())


def test_answer_ends_with_its_turn_and_keeps_its_judgement(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    # When two rows are fitted
    fitted = fit(tmp_path, make_judged(3)[1:], chat, technique="kto")

    # Then each has the tokens of its answer, and its label
    answers = [chat.tokenizer.decode(ids) for ids in fitted.rows["completion_ids"]]
    assert answers == [f"yes{END_OF_TURN}", f"yes{END_OF_TURN}"]
    assert fitted.rows["label"] == [True, False]
    prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [(None, "row 1 .* has no token to train on"), ("prompt_ids", "row 1 .* does not end with")],
)
def test_answer_that_teaches_nothing_is_named(
    tmp_path: Path, chat: ChatTokenizer, source: str | None, sentence: str
) -> None:
    # Given a row with other tokens
    rows = fit(tmp_path, make_judged(1), chat, technique="kto").rows
    changed = rows.map(lambda row: {"completion_ids": row[source] if source else []})

    # When it is checked, then it is named
    with pytest.raises(DataError, match=sentence):
        prove_trainable(changed, chat.end_of_turn_ids, channel="train")


def test_the_rarer_kind_of_answer_weighs_as_much_in_all() -> None:
    assert weights_of([True, True, True, False]) == (1.0, 3.0)
    assert weights_of([False, False, True]) == (2.0, 1.0)


@pytest.mark.parametrize(("label", "kind"), [(True, "good"), (False, "bad")])
def test_answers_of_one_kind_only_are_refused(*, label: bool, kind: str) -> None:
    with pytest.raises(DataError, match=f"every answer of the `train` channel is judged {kind}"):
        weights_of([label, label])


def test_job_makes_good_answers_likelier_than_bad_ones(job: TrainingJob) -> None:
    # Given judged answers that can be learned
    job.give(
        {**LEARNABLE, "epochs": 2.0},
        train=make_judged(96),
        validation=make_judged(24, first_row=97),
        task="kto",
    )

    # When the job has ended
    process = job.run()
    assert process.process.returncode == 0, process.text

    # Then the margin is in the log and the summary, and is above zero
    assert [line for line in process.lines if "eval_kl" in line]
    assert job.summary["eval_reward_margin"] > 0
    assert "adapter_model.safetensors" in job.artifact


def test_batch_of_one_row_is_refused_before_the_training(job: TrainingJob) -> None:
    # Given a configuration with single rows
    job.give({"batch_size": 1}, train=make_judged(8), validation=make_judged(4), task="kto")

    # When the job has ended, then its reason names the key
    assert job.run().process.returncode == 1
    assert "batch_size must be at least 2 for judged answers" in (job.failure or "")
