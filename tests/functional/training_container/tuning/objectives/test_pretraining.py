"""Continued pretraining: texts are joined and cut into blocks; every token is trained on."""

from itertools import chain
from pathlib import Path

import pytest

from tests.support.builders.fitted_rows import fit
from tests.support.builders.tiny_model import END_OF_TURN, LEARNABLE, make_byte_tokenizer
from tests.support.builders.training_rows import make_texts
from tests.support.pipeline.training_job import TrainingJob
from tuning.chat_tokenizer import ChatTokenizer
from tuning.errors import DataError
from tuning.objectives.pretraining import prove_trainable
from tuning.row_fitting import IGNORED

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


@pytest.fixture
def chat() -> ChatTokenizer:
    return ChatTokenizer(make_byte_tokenizer())


def test_blocks_are_full_and_hold_every_text_with_its_end(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    # Given texts of different lengths, one longer than a block
    texts = ["short", "x" * 150, "another text"]
    rows = [{"row": number, "text": text} for number, text in enumerate(texts, start=1)]

    # When they are fitted
    fitted = fit(tmp_path, rows, chat, max_length=64, technique="pretraining")

    # Then no token is lost, and all blocks but the last are full
    ids = list(chain.from_iterable(fitted.rows["input_ids"]))
    assert chat.tokenizer.decode(ids) == "".join(text + END_OF_TURN for text in texts)
    assert [len(block) for block in fitted.rows["input_ids"]] == [64, 64, len(ids) - 128]
    assert fitted.rows["row"] == [1, 2, 2]
    assert fitted.rows["labels"] == fitted.rows["input_ids"]
    assert fitted.tokens == len(ids)
    prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


def test_block_with_a_token_that_is_not_trained_on_is_named(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    # Given a block in which one token is masked
    rows = fit(tmp_path, make_texts(2), chat, technique="pretraining").rows
    masked = rows.map(lambda row: {"labels": [IGNORED, *row["labels"][1:]]})

    # When it is checked, then its first row is named
    with pytest.raises(DataError, match=r"begins with row 1 .* a token that is not trained on"):
        prove_trainable(masked, chat.end_of_turn_ids, channel="train")


def test_texts_without_an_end_are_refused(tmp_path: Path, chat: ChatTokenizer) -> None:
    # Given blocks in which the model would never see the end of a text
    rows = fit(tmp_path, make_texts(2), chat, technique="pretraining").rows

    # When they are checked with another end token, then the reason says so
    with pytest.raises(DataError, match="no text of the `train` channel ends with"):
        prove_trainable(rows, frozenset((0,)), channel="train")


def test_job_learns_the_texts(job: TrainingJob) -> None:
    # Given texts that repeat themselves, and a model without a chat template
    job.give(
        {**LEARNABLE, "epochs": 4.0, "max_length": 64},
        train=make_texts(96),
        validation=make_texts(24, first_row=97),
        task="pretraining",
    )
    (job.root / "input/data/model/chat_template.jinja").unlink()

    # When the job has ended
    process = job.run()
    assert process.process.returncode == 0, process.text

    # Then the loss fell, and the adapter has a template of its own
    assert process.losses[max(process.losses)] < process.losses[1] - 0.5
    assert {"adapter_model.safetensors", "chat_template.jinja"} <= job.artifact
    assert job.summary["template_given"]
