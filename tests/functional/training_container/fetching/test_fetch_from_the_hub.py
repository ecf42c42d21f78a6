"""A model of the hub is copied into the bucket, with the hub's own client and a small server."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import huggingface_hub.constants
import pytest
from moto import mock_aws

import fetch
from fetching import copying
from fetching import hub as hub_module
from fetching.copying import Target
from fetching.errors import FetchError
from tests.support.builders.model_directory import make_model_directory, safetensors
from tests.support.local_aws.hub import COMMIT, Fault, Hub, Repository
from tunedrop.jobs.base_model import read_manifest
from tunedrop.recipe.schema import Recipe

BUCKET, MODEL = "data", "me/tiny"
PREFIX = f"models/{MODEL}/main/"
FETCHED = {
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "model.safetensors",
}
TOKEN = "hf_abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one model; the pauses between tries are short."""
    # Another test of this process may have switched the hub off.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub_module, "PAUSES", (0.0, 0.0, 0.0))
    with Hub(models={MODEL: Repository(make_model_directory(tmp_path / "model"))}) as server:
        yield server


def fetched(hub: Hub, tmp_path: Path, model: str = MODEL, **changes: str) -> bool:
    """Run the program's work for a model."""
    revision = changes.pop("revision", "main")
    target = Target(BUCKET, f"models/{model}/{revision}/", model, revision)
    settings = fetch.FetchSettings(target=target, endpoint=hub.endpoint, **changes)
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return fetch.fetch(settings, scratch)


def objects(s3: Any, prefix: str = PREFIX) -> dict[str, bytes]:
    """Return the content of all objects below a prefix, by name."""
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {
        item["Key"].removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=item["Key"])[
            "Body"
        ].read()
        for item in listed
    }


def secret(text: str) -> str:
    """Put a text into Secrets Manager; return its ARN."""
    created = boto3.client("secretsmanager").create_secret(Name="hub-token", SecretString=text)
    return str(created["ARN"])


def test_only_safetensors_configuration_and_tokenizer_are_fetched(
    hub: Hub, s3: Any, tmp_path: Path
) -> None:
    # When
    copied = fetched(hub, tmp_path)

    # Then
    found = objects(s3)
    manifest = json.loads(found.pop("manifest.json"))
    assert copied
    assert set(found) == FETCHED
    assert {each["name"]: each["sha256"] for each in manifest["files"]} == {
        name: hashlib.sha256(body).hexdigest() for name, body in found.items()
    }
    assert not hub.asked("pytorch_model.bin")
    assert not hub.asked(".py")


def test_the_manifest_names_the_commit_and_describes_the_model(
    hub: Hub, s3: Any, tmp_path: Path
) -> None:
    # When
    fetched(hub, tmp_path)

    # Then
    manifest = json.loads(objects(s3)["manifest.json"])
    del manifest["files"]
    assert manifest == {
        "version": 2,
        "id": MODEL,
        "revision": "main",
        "source": f"{hub.endpoint}/{MODEL}",
        "commit": COMMIT,
        "architecture": "LlamaForCausalLM",
        "hidden_size": 64,
        "layers": 2,
        "context": 1024,
        "dtype": "bfloat16",
        "parameters": 100 * 64 + 64,
    }
    assert all(COMMIT in path for path in hub.asked("/resolve/"))


def test_the_functions_read_the_manifest_that_the_job_writes(
    hub: Hub, s3: Any, tmp_path: Path
) -> None:
    # Given
    from tunedrop.aws.bucket import Bucket  # noqa: PLC0415 - moto must be active

    fetched(hub, tmp_path)

    # When
    manifest = read_manifest(Bucket(s3, BUCKET), Recipe(base_model=MODEL))

    # Then
    assert (manifest.version, manifest.commit, manifest.hidden_size) == (2, COMMIT, 64)
    assert manifest.parameters == 100 * 64 + 64


def test_a_model_that_is_there_is_not_fetched_again(hub: Hub, s3: Any, tmp_path: Path) -> None:
    # Given
    fetched(hub, tmp_path)
    asked = len(hub.requests)

    # When
    copied = fetched(hub, tmp_path)

    # Then
    assert not copied
    assert len(hub.requests) == asked
    assert "manifest.json" in objects(s3)


def test_what_an_earlier_try_left_is_removed(hub: Hub, s3: Any, tmp_path: Path) -> None:
    # Given a file of a try that failed, which the model would be loaded with
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}model-00001-of-00002.safetensors", Body=b"old")

    # When
    fetched(hub, tmp_path)

    # Then
    assert set(objects(s3)) == {*FETCHED, "manifest.json"}


def test_sharded_weights_are_those_of_the_index(hub: Hub, s3: Any, tmp_path: Path) -> None:
    # Given shards, and the same weights once more for another program
    shards = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    index = {"weight_map": {"a": shards[0], "b": shards[1], "c": shards[1]}}
    folder = make_model_directory(tmp_path / "sharded", model__safetensors=None)
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    for name in (*shards, "consolidated.safetensors"):
        (folder / name).write_bytes(safetensors({name: (10,)}, "F32"))
    hub.models["me/sharded"] = Repository(folder)

    # When
    fetched(hub, tmp_path, "me/sharded")

    # Then
    found = objects(s3, "models/me/sharded/main/")
    assert {name for name in found if "safetensors" in name} == {
        *shards,
        "model.safetensors.index.json",
    }
    manifest = json.loads(found["manifest.json"])
    assert (manifest["parameters"], manifest["dtype"]) == (20, "float32")


@pytest.mark.parametrize("access", ["gated", "private"])
def test_the_token_of_the_secret_opens_a_model(
    hub: Hub, s3: Any, tmp_path: Path, access: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    model = hub.models[MODEL]
    model.access, model.token = access, TOKEN

    # When
    fetched(hub, tmp_path, secret=secret(json.dumps({"token": TOKEN})))

    # Then
    written = b"".join(objects(s3).values()).decode(errors="ignore")
    assert TOKEN not in written + capsys.readouterr().out
    told = {path for _, path, authorization in hub.requests if TOKEN in authorization}
    assert f"/{MODEL}/resolve/{COMMIT}/config.json" in told
    assert not any("/cdn/" in path for path in told)  # Another host gets no token.


@pytest.mark.parametrize(("text", "words"), [("", "HubTokenSecretArn"), ("hf_other", "account")])
def test_a_licence_that_is_not_accepted_names_the_page(
    hub: Hub, s3: Any, tmp_path: Path, text: str, words: str
) -> None:
    # Given
    model = hub.models[MODEL]
    model.access, model.token = "gated", TOKEN

    # When
    with pytest.raises(FetchError, match="licence of me/tiny is not accepted") as raised:
        fetched(hub, tmp_path, secret=secret(text) if text else "")

    # Then
    assert f"{hub.endpoint}/me/tiny" in raised.value.remedy
    assert words in f"{raised.value.message} {raised.value.remedy}"
    assert not text or text not in f"{raised.value.message} {raised.value.remedy}"
    assert objects(s3) == {}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [("me/typo@main", "has no model me/typo"), (f"{MODEL}@v9", "has no revision v9")],
)
def test_a_model_that_does_not_exist_is_named(
    hub: Hub, s3: Any, tmp_path: Path, wanted: str, words: str
) -> None:
    # Given
    model, _, revision = wanted.partition("@")

    # When
    with pytest.raises(FetchError, match=words) as raised:
        fetched(hub, tmp_path, model, revision=revision)

    # Then
    assert "base_model" in raised.value.remedy
    assert objects(s3, "models/") == {}
    assert len(hub.requests) == 1  # It is not tried again.


@pytest.mark.usefixtures("s3")
def test_a_token_that_the_hub_does_not_know_is_refused(hub: Hub, tmp_path: Path) -> None:
    # Given
    hub.withdrawn = TOKEN

    # When
    with pytest.raises(FetchError, match="refuses the token") as raised:
        fetched(hub, tmp_path, secret=secret(TOKEN))

    # Then
    assert "HubTokenSecretArn" in raised.value.remedy
    assert TOKEN not in f"{raised.value.message} {raised.value.remedy}"


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("/api/models/", "error"),
        ("/api/models/", "not JSON"),
        ("model.safetensors", "error"),
        ("model.safetensors", "cut"),
        ("model.safetensors", "damaged"),
        ("tokenizer.json", "damaged"),
        ("tokenizer.json", "slow"),
    ],
)
def test_a_broken_or_slow_answer_is_asked_for_again(
    hub: Hub, s3: Any, tmp_path: Path, place: str, fault: Fault
) -> None:
    # Given
    hub.faults = [(place, fault)]

    # When
    fetched(hub, tmp_path)

    # Then
    found = objects(s3)
    model = hub.models[MODEL].files
    assert hub.faults == []
    assert {name: found[name] for name in FETCHED} == {name: model[name] for name in FETCHED}


def test_an_answer_that_does_not_come_is_asked_for_again(
    hub: Hub, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)
    hub.faults = [("model.safetensors", "hang")]

    # When
    fetched(hub, tmp_path)

    # Then
    assert objects(s3)["model.safetensors"] == hub.models[MODEL].files["model.safetensors"]


def test_a_model_that_is_too_large_is_refused(
    hub: Hub, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(copying, "LARGEST_MODEL", 1_000)

    # When
    with pytest.raises(FetchError, match="are not fetched"):
        fetched(hub, tmp_path)

    # Then
    assert objects(s3) == {}
    assert hub.asked("/resolve/") == []


@pytest.mark.parametrize(("place", "fault"), [("/api/", "error"), ("/cdn/", "damaged")])
def test_a_hub_that_stays_broken_leaves_nothing_in_the_bucket(
    hub: Hub, s3: Any, tmp_path: Path, place: str, fault: Fault
) -> None:
    # Given
    hub.faults = [(place, fault)] * 100

    # When
    with pytest.raises(FetchError, match="after 4 tries") as raised:
        fetched(hub, tmp_path)

    # Then
    assert hub.endpoint in raised.value.remedy
    assert objects(s3) == {}


@pytest.mark.parametrize("text", ["", "two\nlines", '{"a": "1", "b": "2"}', "with space"])
def test_a_secret_without_a_token_is_refused_and_not_shown(
    hub: Hub, s3: Any, tmp_path: Path, text: str
) -> None:
    # Given
    arn = secret(text or " ")

    # When
    with pytest.raises(FetchError, match="has no token of the hub") as raised:
        fetched(hub, tmp_path, secret=arn)

    # Then
    assert not text or text not in f"{raised.value.message} {raised.value.remedy}"
    assert hub.requests == []
    assert objects(s3) == {}


@pytest.mark.usefixtures("s3")
def test_a_secret_that_cannot_be_read_is_named(hub: Hub, tmp_path: Path) -> None:
    # Given
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-123456"

    # When
    with pytest.raises(FetchError, match="cannot be read") as raised:
        fetched(hub, tmp_path, secret=arn)

    # Then
    assert arn in raised.value.message
    assert "HubTokenSecretArn" in raised.value.remedy
