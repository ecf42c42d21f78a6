"""serve.py as SageMaker runs it: a process that is asked over HTTP, as `base` and as `tuned`."""

import http.client
import json
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from container_folders import ContainerFolders
from serving.chat_request import read_chat_request
from serving.likelihood import CHUNK
from serving.served_model import ServedModel
from serving.settings import ServingSettings, SettingsError
from tests.functional.training_container.finished_job import FinishedJob
from tests.support.builders.model_with_code import make_model_with_code
from tests.support.builders.tiny_model import CONTEXT_TOKENS, make_tiny_model
from tests.support.builders.training_rows import make_rows
from tests.support.pipeline.serving_process import ANSWER_SECONDS, STOP_SECONDS, ServingProcess

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")
SOURCES = "/opt/ml/additional-model-data-sources"
SETTINGS = {
    "SM_VLLM_SERVED_MODEL_NAME": "base",
    "SM_VLLM_ENABLE_LORA": "true",
    "SM_VLLM_MAX_LORA_RANK": "16",
    "SM_VLLM_LORA_MODULES": json.dumps(
        [{"name": name, "path": f"{SOURCES}/{name}"} for name in ("tuned", "zeroed")]
    ),
}
UNSEEN = [
    (row["prompt"][0]["content"], row["completion"][0]["content"])
    for row in make_rows(24, first_row=501)
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, finished: FinishedJob) -> Path:
    """The folders of an endpoint: base model, adapter, and the adapter with all weights zero."""
    root = tmp_path_factory.mktemp("endpoint")
    sources = root / "additional-model-data-sources"
    shutil.copytree(tiny_model, root / "model")
    for name in ("tuned", "zeroed"):
        shutil.copytree(finished.job.root / "model", sources / name)
    weights = sources / "zeroed/adapter_model.safetensors"
    zeros = {name: torch.zeros_like(tensor) for name, tensor in load_file(weights).items()}
    save_file(zeros, weights, metadata={"format": "pt"})
    return root


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[ServingProcess]:
    with ServingProcess(root, SETTINGS) as server:
        yield server


def ask_tuned(text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": "tuned", "messages": messages, "temperature": 0}


def test_tuned_answers_as_trained_and_base_does_not(server: ServingProcess) -> None:
    # When both models answer texts that were not trained on
    tuned = [server.ask("tuned", text) for text, _ in UNSEEN]
    base = [server.ask("base", text) for text, _ in UNSEEN]

    # Then only the tuned model gives the right answers
    assert tuned == [answer for _, answer in UNSEEN]
    assert not set(base) & {"yes", "no"}


def test_adapter_of_zeros_answers_as_the_base_model(server: ServingProcess) -> None:
    for text, _ in UNSEEN[:6]:
        assert server.ask("zeroed", text) == server.ask("base", text)


def test_batch_does_not_change_an_answer(server: ServingProcess) -> None:
    # Given requests of different lengths, for answers of different lengths, to three models
    asked = [
        (model, f"{text} {'and so on ' * (number % 5)}", 2 + 3 * (number % 7))
        for number, (text, _) in enumerate(UNSEEN)
        for model in ("base", "tuned", "zeroed")
    ]

    def ask(question: tuple[str, str, int]) -> str:
        model, text, max_tokens = question
        return server.ask(model, text, max_tokens=max_tokens)

    # When they are asked one after another, and all at once
    alone = [ask(question) for question in asked]
    with ThreadPoolExecutor(len(asked)) as pool:
        together = list(pool.map(ask, asked))

    # Then the answers are the same, although there were batches
    assert together == alone
    assert max(batch["rows"] for batch in server.batches) > 4


def test_answer_has_openais_form(server: ServingProcess) -> None:
    # When a request is answered
    status, answer = server.post(ask_tuned("a good film"))

    # Then the answer is a chat completion, with the tokens counted
    prompt_tokens = 3 + len("user\na good film" + "\n" + "assistant\n")  # 3 special tokens
    assert status == 200
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "tuned"
    assert answer["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "yes"},
            "finish_reason": "stop",
        }
    ]
    assert answer["usage"]["completion_tokens"] == len("yes") + 1
    assert answer["usage"]["prompt_tokens"] == prompt_tokens
    assert answer["usage"]["total_tokens"] == prompt_tokens + 4


def expected_logprobs(root: Path, name: str, ids: list[int]) -> list[float]:
    """Return the log likelihoods of the tokens, computed in one pass without the server."""
    model: Any = AutoModelForCausalLM.from_pretrained(root / "model", dtype=torch.float32)
    if name != "base":
        adapter = root / "additional-model-data-sources" / name
        model = PeftModel.from_pretrained(model, adapter, autocast_adapter_dtype=False)
    with torch.no_grad():
        logits = model.eval()(torch.tensor([ids])).logits[0, :-1]
    ranked = logits.log_softmax(-1)
    return [float(row[token]) for row, token in zip(ranked, ids[1:], strict=True)]


@pytest.mark.parametrize("name", ["base", "tuned"])
def test_likelihoods_are_those_of_the_model_in_vllms_form(
    root: Path, server: ServingProcess, name: str
) -> None:
    # Given a conversation of more tokens than are computed at once
    text, answer = f"a good film {'and so on ' * 40}", "yes"
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": answer}]
    tokenizer = AutoTokenizer.from_pretrained(root / "model")
    rendered = tokenizer.apply_chat_template(turns, tokenize=False)
    ids = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    asked = {"model": name, "max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}

    # When its likelihood is asked for as a chat, and as a text, beside a question for an answer
    with ThreadPoolExecutor(3) as pool:
        other = pool.submit(server.ask, name, "a bad hotel")
        chat = pool.submit(
            server.post, {**asked, "messages": turns, "add_generation_prompt": False}
        )
        plain = pool.submit(server.post, {**asked, "prompt": rendered, "add_special_tokens": False})
        (_, in_chat), (_, in_text) = chat.result(), plain.result()

    # Then each token has its likelihood, as the model computes it
    listed = in_chat["prompt_logprobs"]
    assert listed[0] is None
    assert [int(token) for position in listed[1:] for token in position] == ids[1:]
    found = [one for position in listed[1:] for one in position.values()]
    assert len(found) > CHUNK
    assert [one["logprob"] for one in found] == pytest.approx(
        expected_logprobs(root, name, ids), abs=1e-4
    )
    assert found[-2]["decoded_token"] == "<|im_end|>"
    likeliest = {one["rank"] == 1 for one in found if one["logprob"] > -0.5}
    assert likeliest <= {True}
    assert max(one["rank"] for one in found) > 1
    assert in_text["choices"][0]["prompt_logprobs"] == listed
    assert other.result() == server.ask(name, "a bad hotel")


def test_the_template_of_the_settings_is_used_instead_of_the_models(tmp_path: Path) -> None:
    # Given a base model without a chat template, and a file with one
    model = tmp_path / "model"
    make_tiny_model(model)
    (model / "chat_template.jinja").unlink()
    template = tmp_path / "tuned.jinja"
    template.write_text("{% for m in messages %}[{{ m.content }}]{% endfor %}", encoding="utf-8")
    folders = ContainerFolders(tmp_path)
    settings = ServingSettings.from_environment({"SM_VLLM_CHAT_TEMPLATE": str(template)}, folders)

    # When a chat is tokenized
    body = json.dumps({"messages": [{"role": "user", "content": "hello"}], "max_tokens": 1})
    request = read_chat_request(body.encode(), served=("base",), default="base")
    conversation = ServedModel(settings).conversation(request)

    # Then its text is that of the file's template
    tokenizer = AutoTokenizer.from_pretrained(model)
    assert tokenizer.decode(conversation.prompt_ids) == "[hello]"


def test_both_paths_answer_the_same(server: ServingProcess) -> None:
    # Given one request
    request = ask_tuned("a bad hotel")

    # When it is sent to both paths
    _, one = server.post(request)
    _, other = server.post(request, "/v1/chat/completions")

    # Then the answers are equal
    assert one["choices"] == other["choices"]


def test_max_tokens_and_stop_strings_end_an_answer(server: ServingProcess) -> None:
    # Given a request that is answered with "yes"
    request = ask_tuned("a good film")

    # When it is limited to two tokens, or stopped at "s"
    _, cut = server.post({**request, "max_tokens": 2})
    _, stopped = server.post({**request, "stop": ["s"]})

    # Then the answer ends before, and tells why
    assert cut["choices"][0]["message"]["content"] == "ye"
    assert cut["choices"][0]["finish_reason"] == "length"
    assert stopped["choices"][0]["message"]["content"] == "ye"
    assert stopped["choices"][0]["finish_reason"] == "stop"


def test_seed_gives_the_same_answer_in_any_batch(server: ServingProcess) -> None:
    # Given sampling at temperature 1
    def sample(seed: int) -> str:
        return server.ask("base", "a good film", temperature=1.0, top_p=0.9, seed=seed)

    # When eight seeds are asked one after another, and all at once
    alone = [sample(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(sample, range(8)))

    # Then each seed has its own answer, and the same one both times
    assert together == alone
    assert len(set(alone)) > 4


@pytest.mark.parametrize(
    ("request_", "status", "field"),
    [
        ({"model": "better"}, 404, "model"),
        ({"temperature": -1}, 400, "temperature"),
        ({"messages": [{"role": "user", "content": "x" * CONTEXT_TOKENS}]}, 400, "messages"),
        ({"max_tokens": CONTEXT_TOKENS}, 400, "max_tokens"),
    ],
)
def test_wrong_request_is_refused_in_openais_form(
    server: ServingProcess, request_: dict[str, Any], status: int, field: str
) -> None:
    # Given a valid request with one wrong field
    valid = {"model": "tuned", "messages": [{"role": "user", "content": "a good film"}]}

    # When it is asked
    refused, answer = server.post({**valid, **request_})

    # Then the status and the field tell what is wrong
    assert refused == status
    assert (answer["error"]["param"], answer["error"]["code"]) == (field, status)
    assert answer["error"]["message"]


def test_other_paths_are_not_found(server: ServingProcess) -> None:
    assert server.get("/")[0] == 404
    assert server.post({}, "/elsewhere")[0] == 404
    assert server.post(b"no json")[0] == 400


def test_256_connections_at_once_are_answered_and_kept_alive(server: ServingProcess) -> None:
    # Given 256 connections
    request = json.dumps({**ask_tuned("a good film"), "max_tokens": 1})
    statuses = []
    with ExitStack() as stack:
        connections = [
            http.client.HTTPConnection("127.0.0.1", server.port, timeout=ANSWER_SECONDS)
            for _ in range(256)
        ]
        for connection in connections:
            stack.callback(connection.close)
        # When all send a request, twice, before the server accepts any of them
        for _ in range(2):
            with stopped(server):
                for connection in connections:
                    connection.request("POST", "/invocations", request)
            sockets = [connection.sock for connection in connections]
            for connection in connections:
                answer = connection.getresponse()
                statuses.append((answer.status, answer.read()[:1]))
            assert [connection.sock for connection in connections] == sockets

    # Then all are answered, on the same connections
    assert statuses == [(200, b"{")] * 512


@contextmanager
def stopped(server: ServingProcess) -> Iterator[None]:
    """Suspend the server's process."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def test_sigterm_ends_the_server_while_it_generates(root: Path) -> None:
    # Given a request for many tokens, to a model that does not end its answers
    with ServingProcess(root, SETTINGS) as server, ThreadPoolExecutor(1) as pool:
        prompt = [{"role": "user", "content": "a good film"}]
        request = {"model": "base", "messages": prompt, "max_tokens": 900, "temperature": 0}
        before = server.compute_seconds
        pool.submit(server.post, request)
        while server.compute_seconds < before + 0.3:  # a whole answer takes some seconds
            assert server.process.poll() is None, server.text
            time.sleep(0.01)

        # When the server is stopped in the middle of the answer
        server.process.terminate()
        status = server.process.wait(STOP_SECONDS)

    # Then it ends without generating the rest
    assert status == 0
    assert '"event": "stopped"' in server.text
    assert not server.batches or server.batches[-1]["completion_tokens"] < 900


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SM_VLLM_MAX_LORA_RANK": "8"}, "rank 16 is above SM_VLLM_MAX_LORA_RANK=8"),
        ({"SM_VLLM_LORA_MODULES": '[{"name": "t", "path": "/gone"}]'}, "/gone has no adapter"),
        ({"SM_VLLM_MAX_MODEL_LEN": "4096"}, "4096 is more than the 1024 tokens"),
    ],
)
def test_endpoint_with_impossible_settings_does_not_start(
    root: Path, changes: dict[str, str], sentence: str
) -> None:
    # Given settings that the folders do not allow
    settings = ServingSettings.from_environment({**SETTINGS, **changes}, ContainerFolders(root))

    # When the model is loaded, then the setting is named
    with pytest.raises(SettingsError, match=sentence):
        ServedModel(settings)


def test_code_of_a_model_is_not_run_by_the_server(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a base model that comes with code
    trace = make_model_with_code(tiny_model, tmp_path / "model")
    settings = ServingSettings.from_environment({}, ContainerFolders(tmp_path))

    # When it is loaded, then it is refused, and its code does not run
    with pytest.raises(ValueError, match="trust_remote_code"):
        ServedModel(settings)
    assert not trace.exists()
    assert "[y/N]" not in capsys.readouterr().out


def test_pickled_weights_are_not_served(tiny_model: Path, tmp_path: Path) -> None:
    # Given a base model whose weights are a pickle, which can run code when it is loaded
    model = tmp_path / "model"
    shutil.copytree(tiny_model, model)
    weights = load_file(model / "model.safetensors")
    torch.save(weights, model / "pytorch_model.bin")
    (model / "model.safetensors").unlink()
    settings = ServingSettings.from_environment({}, ContainerFolders(tmp_path))

    # When it is loaded, then it is refused
    with pytest.raises(OSError, match="safetensors"):
        ServedModel(settings)
