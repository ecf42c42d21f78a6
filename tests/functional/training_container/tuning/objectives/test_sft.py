"""Supervised fine-tuning trains on rows that fit, on their answers only, each with its end."""

from pathlib import Path

import pytest

from container_folders import ContainerFolders
from tests.functional.training_container.tuning.conversations import weighted_row
from tests.support.builders.fitted_rows import fit, learnt_texts, write_channel
from tests.support.builders.tiny_model import END_OF_TURN, make_byte_tokenizer
from tests.support.builders.training_rows import make_row
from tuning.channels import load_channel
from tuning.chat_tokenizer import ChatTokenizer
from tuning.errors import DataError
from tuning.objectives.sft import ROWS, prove_trainable
from tuning.row_fitting import IGNORED

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


@pytest.fixture
def chat() -> ChatTokenizer:
    return ChatTokenizer(make_byte_tokenizer())


def test_only_the_answer_and_its_end_are_trained_on(tmp_path: Path, chat: ChatTokenizer) -> None:
    # When a row is fitted
    (row,) = fit(tmp_path, [make_row(1, "a good film", "yes")], chat).rows

    # Then the prompt is read only, and the answer is trained on with its end of turn
    trained = [label for label in row["labels"] if label != IGNORED]
    seen = chat.tokenizer.decode(row["input_ids"][: row["labels"].index(trained[0])])
    assert chat.tokenizer.decode(trained) == f"yes{END_OF_TURN}"
    assert seen == f"<|im_start|>user\na good film{END_OF_TURN}\n<|im_start|>assistant\n"


def test_answer_that_looks_like_a_date_stays_text(tmp_path: Path, chat: ChatTokenizer) -> None:
    # When a row is loaded and fitted whose answer a reader of JSON could take for a time
    (row,) = fit(tmp_path, [make_row(1, "when?", "2024-01-31T10:00:00Z")], chat).rows

    # Then its text is unchanged
    assert "2024-01-31T10:00:00Z" in chat.tokenizer.decode(row["input_ids"])


def test_long_prompt_loses_its_middle_and_keeps_its_answer(
    tmp_path: Path, chat: ChatTokenizer
) -> None:
    # Given a row whose prompt is too long
    long = "question? " + "é" * 500 + " context"
    rows = [make_row(1, "short", "yes"), make_row(2, long, "no")]

    # When the rows are fitted
    fitted = fit(tmp_path, rows, chat, max_length=128)

    # Then it begins and ends as before, and its tokens are counted
    assert (fitted.shortened, fitted.left_out) == ([2], [])
    assert fitted.tokens == sum(len(row["input_ids"]) for row in fitted.rows)
    text = str(chat.tokenizer.decode(fitted.rows[1]["input_ids"]))
    assert len(fitted.rows[1]["input_ids"]) <= 128
    assert text.startswith("<|im_start|>user\nquestion? é")
    assert text.endswith(f" context{END_OF_TURN}\n<|im_start|>assistant\nno{END_OF_TURN}")


def test_row_whose_answer_does_not_fit_is_left_out(tmp_path: Path, chat: ChatTokenizer) -> None:
    # Given a row with a long answer
    rows = [make_row(1, "short", "yes"), make_row(7, "short", "no" * 100)]

    # When the rows are fitted
    fitted = fit(tmp_path, rows, chat, max_length=128)

    # Then it is named, and only the other is left
    assert fitted.left_out == [7]
    assert fitted.rows["row"] == [1]


def test_channel_in_which_no_row_fits_is_refused(tmp_path: Path, chat: ChatTokenizer) -> None:
    with pytest.raises(DataError, match="no row of the `train` channel fits into 32 tokens: raise"):
        fit(tmp_path, [make_row(1, "short", "no" * 100)], chat, max_length=32)


def test_answer_without_an_end_of_turn_is_refused(tmp_path: Path) -> None:
    # Given a chat template that writes no end of turn
    endless = "{% for m in messages %}{{ m['content'] + '\n' }}{% endfor %}"
    chat = ChatTokenizer(make_byte_tokenizer(endless))
    fitted = fit(tmp_path, [make_row(12, "a good film", "yes")], chat)

    # When the rows are checked, then the row is named
    with pytest.raises(DataError, match="row 12 of the `train` channel does not end with"):
        prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


def test_row_without_a_trained_token_is_refused(tmp_path: Path, chat: ChatTokenizer) -> None:
    # Given a row in which every label is masked
    fitted = fit(tmp_path, [make_row(5, "a good film", "yes")], chat)
    masked = fitted.rows.map(lambda row: {"labels": [IGNORED] * len(row["labels"])})

    # When the rows are checked, then the row is named
    with pytest.raises(DataError, match="row 5 of the `train` channel has no token to train on"):
        prove_trainable(masked, chat.end_of_turn_ids, channel="train")


def test_answer_of_weight_one_is_not_shortened(tmp_path: Path, chat: ChatTokenizer) -> None:
    # Given a row that is too long, and whose longest message is an answer of weight 1
    row = weighted_row(3, question="x" * 100)
    row["prompt"][1]["content"] = "y" * 120

    # When it is fitted
    fitted = fit(tmp_path, [row], chat, max_length=300)

    # Then another message is shortened
    assert fitted.shortened == [3]
    assert learnt_texts(fitted.rows[0], chat) == ["y" * 120 + END_OF_TURN, f"third{END_OF_TURN}"]


def test_earlier_answer_without_an_end_of_turn_is_refused(tmp_path: Path) -> None:
    # Given a chat template that writes an end of turn after the last answer only
    only_last = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}"
        "{% if m['content'] == 'third' %}<|im_end|>{% endif %}\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    chat = ChatTokenizer(make_byte_tokenizer(only_last))
    fitted = fit(tmp_path, [weighted_row(8)], chat)

    # When the rows are checked, then the row is named
    with pytest.raises(DataError, match="row 8 of the `train` channel does not end with"):
        prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")


def test_row_that_the_template_refuses_is_named(tmp_path: Path) -> None:
    # Given a chat template that refuses every conversation
    strict = "{{ raise_exception('no tool role here') }}"
    chat = ChatTokenizer(make_byte_tokenizer(strict))

    # When a row is fitted, then it is named with the template's reason
    with pytest.raises(DataError, match="refuses row 4 of the `train` channel: no tool role here"):
        fit(tmp_path, [make_row(4, "a", "b")], chat)


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
def test_channel_with_another_kind_of_line_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    # Given a channel with a line that is not a row
    write_channel(tmp_path, text)

    # When it is loaded, then the line is named
    with pytest.raises(DataError, match=sentence):
        load_channel(ContainerFolders(tmp_path), "train", ROWS, scratch=tmp_path / "scratch")


def test_channel_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the `validation` channel has no \.jsonl file"):
        load_channel(ContainerFolders(tmp_path), "validation", ROWS, scratch=tmp_path)
