"""What the trainer is given: every row fits, is trained on its answer only, and learns to stop."""

from pathlib import Path

import pytest

from container_folders import ContainerFolders
from tests.support.builders.fitted_rows import fit, write_channel
from tests.support.builders.tiny_model import END_OF_TURN, make_byte_tokenizer
from tests.support.builders.training_rows import make_row
from tuning.channels import load_rows
from tuning.chat_tokenizer import ChatTokenizer
from tuning.errors import DataError, ModelError
from tuning.proof import prove_trainable
from tuning.row_fitting import IGNORED

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


@pytest.fixture
def chat() -> ChatTokenizer:
    return ChatTokenizer(make_byte_tokenizer())


def test_only_the_answer_and_its_end_are_trained_on(tmp_path: Path, chat: ChatTokenizer) -> None:
    (row,) = fit(tmp_path, [make_row(1, "a good film", "yes")], chat).rows

    trained = [label for label in row["labels"] if label != IGNORED]
    seen = chat.tokenizer.decode(row["input_ids"][: row["labels"].index(trained[0])])
    assert chat.tokenizer.decode(trained) == f"yes{END_OF_TURN}"
    assert seen == f"<|im_start|>user\na good film{END_OF_TURN}\n<|im_start|>assistant\n"


def test_answers_that_look_like_dates_stay_text(tmp_path: Path, chat: ChatTokenizer) -> None:
    (row,) = fit(tmp_path, [make_row(1, "when?", "2024-01-31T10:00:00Z")], chat).rows

    assert "2024-01-31T10:00:00Z" in chat.tokenizer.decode(row["input_ids"])


def test_a_long_prompt_loses_its_middle_and_the_answer_stays_whole(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    long = "question? " + "é" * 500 + " context"
    rows = [make_row(1, "short", "yes"), make_row(2, long, "no")]

    fitted = fit(tmp_path, rows, chat, max_length=128)

    assert (fitted.shortened, fitted.left_out) == ([2], [])
    text = str(chat.tokenizer.decode(fitted.rows[1]["input_ids"]))
    assert len(fitted.rows[1]["input_ids"]) <= 128
    assert text.startswith("<|im_start|>user\nquestion? é")
    assert text.endswith(f" context{END_OF_TURN}\n<|im_start|>assistant\nno{END_OF_TURN}")


def test_a_row_whose_answer_does_not_fit_is_left_out_and_counted(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    rows = [make_row(1, "short", "yes"), make_row(7, "short", "no" * 100)]

    fitted = fit(tmp_path, rows, chat, max_length=128)

    assert fitted.left_out == [7]
    assert fitted.rows["row"] == [1]


def test_when_no_row_fits_the_job_fails_and_says_what_to_raise(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    with pytest.raises(DataError, match="no row of the `train` channel fits into 32 tokens: raise"):
        fit(tmp_path, [make_row(1, "short", "no" * 100)], chat, max_length=32)


def test_a_row_that_would_not_learn_to_stop_is_named(tmp_path: Path) -> None:
    endless = "{% for m in messages %}{{ m['content'] + '\n' }}{% endfor %}"
    chat = ChatTokenizer(make_byte_tokenizer(endless))
    fitted = fit(tmp_path, [make_row(12, "a good film", "yes")], chat)

    with pytest.raises(DataError, match="row 12 of the `train` channel does not end with"):
        prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


def test_a_row_without_a_trained_token_is_named(tmp_path: Path, chat: ChatTokenizer) -> None:
    fitted = fit(tmp_path, [make_row(5, "a good film", "yes")], chat)
    masked = fitted.rows.map(lambda row: {"labels": [IGNORED] * len(row["labels"])})

    with pytest.raises(DataError, match="row 5 of the `train` channel has no token to train on"):
        prove_trainable(masked, chat.end_of_turn_ids, channel="train")


def test_a_template_that_rewrites_the_prompt_is_refused() -> None:
    rewriting = (
        "{{ messages | length }}{% for m in messages %}{{ m['content'] }}<|im_end|>{% endfor %}"
    )
    chat = ChatTokenizer(make_byte_tokenizer(rewriting))
    row = make_row(1, "a good film", "yes")

    with pytest.raises(ModelError, match="writes a prompt differently once it is answered"):
        chat.tokenize(row["prompt"], row["completion"])


def test_a_model_without_a_chat_template_is_refused() -> None:
    tokenizer = make_byte_tokenizer()
    tokenizer.chat_template = None

    with pytest.raises(ModelError, match="no chat template: choose an instruct model"):
        ChatTokenizer(tokenizer)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the `train` channel has no rows: train.jsonl is empty"),
        ('{"row": 1, "prompt": "text"}\n', "cannot be read: train.jsonl line 1 is not a row of"),
        ('{"row": 1,\n', "cannot be read: train.jsonl line 1 is not a row of"),
        (
            (
                '{"row": 1, "prompt": [], "completion": [{"role": "assistant", "content": "", '
                '"tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]}\n'
            ),
            "cannot be read: train.jsonl line 1 is not a row of",
        ),
    ],
)
def test_a_channel_that_is_no_split_file_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    write_channel(tmp_path, text)

    with pytest.raises(DataError, match=sentence):
        load_rows(ContainerFolders(tmp_path), "train", scratch=tmp_path / "scratch")


def test_a_channel_that_was_not_given_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the `validation` channel has no \.jsonl file"):
        load_rows(ContainerFolders(tmp_path), "validation", scratch=tmp_path)
