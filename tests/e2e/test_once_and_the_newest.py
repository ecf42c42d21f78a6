"""Repeated events and repeated drops: one job, one email, and the newest file counts."""

import json
import threading
from functools import partial
from typing import Any

from tests.e2e.recipes import FAST
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for

AT_ONCE = 6


def jobs(cloud: Cloud, dataset: str) -> list[str]:
    answer = cloud.client("sagemaker").list_training_jobs(MaxResults=100)
    names = [job["TrainingJobName"] for job in answer["TrainingJobSummaries"]]
    return [name for name in names if name.startswith(f"{dataset}-")]


def function_name(cloud: Cloud, logical_id: str) -> str:
    functions = cloud.client("lambda").list_functions()["Functions"]
    names = [str(found["FunctionName"]) for found in functions]
    return next(name for name in names if logical_id in name)


def invoke_at_once(cloud: Cloud, logical_id: str, event: dict[str, Any]) -> list[Any]:
    """Invoke one function from several threads that start at a barrier."""
    name, barrier = function_name(cloud, logical_id), threading.Barrier(AT_ONCE)
    answers: list[Any] = []

    def invoke() -> None:
        client = cloud.client("lambda")
        barrier.wait()
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        answers.append((answer.get("FunctionError"), json.loads(answer["Payload"].read())))

    threads = [threading.Thread(target=invoke) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def created(cloud: Cloud, key: str) -> dict[str, Any]:
    return {"detail": {"bucket": {"name": cloud.bucket}, "object": {"key": key}}}


def test_repeated_events_at_once_make_one_job_and_one_email(cloud: Cloud) -> None:
    # Given
    cloud.drop("crowd", labelled_rows(40), FAST)

    # When
    answers = invoke_at_once(cloud, "PrepareFunction", created(cloud, "datasets/crowd/data.csv"))
    run = cloud.reached("crowd", "train")
    folder = f"runs/crowd/{run['run']}"
    answers += invoke_at_once(
        cloud, "TrainFunction", created(cloud, f"{folder}/dataset/dataset.json")
    )
    cloud.reached("crowd", "deploy")
    detail = {"TrainingJobName": run.get("job") or jobs(cloud, "crowd")[0]}
    answers += invoke_at_once(cloud, "DeployFunction", {"detail": detail})
    cloud.reached("crowd", "evaluate")
    detail = {"EndpointName": jobs(cloud, "crowd")[0]}
    answers += invoke_at_once(cloud, "EvaluateFunction", {"detail": detail})
    run = cloud.ended("crowd")
    wait_for(lambda: cloud.emails("crowd"), cloud.logs)

    # Then
    assert run["status"] == "succeeded", run.get("error")
    assert [error for error, _ in answers if error] == []
    assert len(jobs(cloud, "crowd")) == 1
    assert len(cloud.emails("crowd")) == 1


def test_the_newest_of_three_quick_drops_is_evaluated(cloud: Cloud) -> None:
    # Given
    first, second = labelled_rows(40), labelled_rows(40, seed=100)

    # When
    for body in (first, second, first):
        cloud.drop("order", body, FAST)
    versions = cloud.s3.list_object_versions(Bucket=cloud.bucket, Prefix="datasets/order/data.csv")[
        "Versions"
    ]
    # An upload with the content of the run that counts joins that run, whatever came between.
    latest = next(version["ETag"].strip('"') for version in versions if version["IsLatest"])

    def settled() -> dict[str, Any] | None:
        run = cloud.current_run("order")
        if run is None or run["source"]["etag"] != latest:
            return None
        return run if run["status"] in ("succeeded", "failed") else None

    run = wait_for(settled, lambda: f"{cloud.current_run('order')}\n{cloud.logs()}")
    wait_for(lambda: cloud.emails("order"), cloud.logs)

    # Then
    assert run["status"] == "succeeded", run.get("error")
    assert len(cloud.emails("order")) == 1
    others = {key.split("/")[2] for key in cloud.keys("runs/order/")} - {run["run"], "current.json"}
    for other in others:
        document = cloud.document(f"runs/order/{other}/run.json")
        assert document
        assert document["status"] == "superseded"


def another_email(cloud: Cloud, before: int) -> bool:
    return len(cloud.emails("broken")) > before


def test_a_failed_file_gets_a_new_run_when_dropped_again(cloud: Cloud) -> None:
    # Given
    runs = []

    # When
    for _ in range(2):
        before = len(cloud.emails("broken"))
        cloud.drop("broken", b"\x89PNG\r\n\x1a\n\x00 no table at all")
        wait_for(partial(another_email, cloud, before), cloud.logs)
        runs.append(cloud.ended("broken"))

    # Then
    assert [run["status"] for run in runs] == ["failed", "failed"]
    assert runs[0]["run"] != runs[1]["run"]
    assert len(cloud.emails("broken")) == 2
