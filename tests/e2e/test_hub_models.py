"""A base model of the hub: a job of its own fetches it, once, and the run ends in a report."""

from tests.e2e.recipes import FAST, GATED_MODEL, HUB_MODEL
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import MODEL_ID, Cloud, wait_for
from tests.support.local_aws.hub import COMMIT, Hub


def test_a_hub_id_ends_in_a_report_and_is_fetched_once(cloud: Cloud, hub: Hub) -> None:
    # When two datasets want the model at the same time
    for dataset in ("hub-first", "hub-second"):
        cloud.drop(dataset, labelled_rows(40), FAST, model=HUB_MODEL)
    first, second = cloud.ended("hub-first"), cloud.reached("hub-second", "train")

    # Then
    manifest = cloud.document(f"models/{HUB_MODEL}/main/manifest.json")
    folder = f"runs/hub-first/{first['run']}"
    report = cloud.document(f"{folder}/report/report.json")
    prepared = cloud.document(f"{folder}/dataset/dataset.json")
    assert first["status"] == "succeeded", first["error"]
    assert second["error"] is None
    assert first["fetching"]["model"] == f"{HUB_MODEL}@main"
    assert manifest
    assert manifest["commit"] == COMMIT
    assert report
    assert report["lineage"]["base_model"] == f"{HUB_MODEL}@main"
    assert prepared
    assert prepared["tokens"]["method"] == "tokenizer"
    assert len(hub.asked(f"/api/models/{HUB_MODEL}/")) == 1
    wait_for(lambda: cloud.emails("hub-first"), cloud.logs)


def test_a_licence_not_accepted_sends_one_email_with_its_page(cloud: Cloud, hub: Hub) -> None:
    # When
    cloud.drop("hub-gated", labelled_rows(40), FAST, model=GATED_MODEL)
    run = cloud.ended("hub-gated")
    wait_for(lambda: cloud.emails("hub-gated"), cloud.logs)

    # Then
    (email,) = cloud.emails("hub-gated")
    text = "".join(str(email.get_content()).split())
    assert run["error"]["code"] == "base_model"
    assert run["job"] is None
    assert f"{hub.endpoint}/{GATED_MODEL}" in text
    assert "HubTokenSecretArn" in text
    assert cloud.keys(f"models/{GATED_MODEL}/") == []


def test_a_directory_in_the_bucket_becomes_a_base_model(cloud: Cloud) -> None:
    # Given the directory that `--model` has put there
    uri = f"s3://{cloud.bucket}/models/{MODEL_ID}/main"

    # When
    cloud.drop("s3-model", labelled_rows(40), FAST, model=uri)
    run = cloud.reached("s3-model", "train")

    # Then
    (key,) = [key for key in cloud.keys("models/s3/") if key.endswith("manifest.json")]
    manifest = cloud.document(key)
    assert run["error"] is None
    assert run["estimate"]
    assert manifest
    assert (manifest["source"], manifest["layers"]) == (f"{uri}/", 2)
