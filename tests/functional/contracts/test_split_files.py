"""What `prepare` writes into the split files is what the container trains on."""

import json
from pathlib import Path

import pytest

from tests.support.builders.fitted_rows import fit, learnt_texts
from tests.support.builders.tiny_model import END_OF_TURN, make_byte_tokenizer, make_tiny_model
from tests.support.pipeline.preparation import prepare
from tests.support.pipeline.training_job import TrainingJob
from tuning.chat_tokenizer import ChatTokenizer
from tuning.objectives.sft import prove_trainable

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")
FORMATS = Path(__file__).parents[3] / "examples" / "formats"


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tiny") / "model"
    make_tiny_model(directory)
    return directory


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("tickets.csv", 1),
        ("chat-messages.jsonl", 1),
        ("chat-with-tools.jsonl", 2),
        ("chat-with-weights.jsonl", 2),
        ("chat-ending-with-a-call.jsonl", 1),
        ("ground-truth-workers.json", 1),
    ],
)
def test_every_answer_of_an_example_is_learned_with_its_end_of_turn(
    tmp_path: Path, name: str, answers: int
) -> None:
    # Given an example, prepared
    _, sink = prepare((FORMATS / name).read_bytes(), name)
    rows = [json.loads(line) for line in sink.files["train.jsonl"].splitlines()]
    chat = ChatTokenizer(make_byte_tokenizer())

    # When the training program tokenizes its rows
    fitted = fit(tmp_path, rows, chat, max_length=4096)

    # Then every answer is learned, with its end of turn
    prove_trainable(fitted.rows, chat.end_of_turn_ids, channel="train")
    for prepared, row in zip(sink.rows("train"), fitted.rows, strict=True):
        learnt = learnt_texts(row, chat)
        assert len(learnt) == answers
        assert learnt[-1] == prepared.answer + END_OF_TURN


@pytest.mark.parametrize("name", ["chat-with-weights.jsonl", "chat-ending-with-a-call.jsonl"])
def test_a_training_job_on_rows_with_weights_or_calls_succeeds(
    tmp_path: Path, tiny_model: Path, name: str
) -> None:
    # Given
    _, sink = prepare((FORMATS / name).read_bytes(), name)
    train, validation = (
        [json.loads(line) for line in sink.files[f"{split}.jsonl"].splitlines()]
        for split in ("train", "validation")
    )
    job = TrainingJob(tmp_path / "ml", tiny_model)
    job.give({"epochs": 1.0, "max_length": 1024}, train=train, validation=validation)

    # When
    process = job.run()

    # Then
    assert process.process.returncode == 0, process.text
    assert job.summary["tool_calls"] == "text"
    assert job.summary["left_out_rows"] == 0
