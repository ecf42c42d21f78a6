"""Events come twice, files over one another: one job, one email, and the newest counts."""

import json
import threading
from functools import partial
from typing import Any

from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for

FAST = """
rows: {max_train: 16, max_validation: 8, max_test: 8}
hyperparameters: {epochs: 0.5, max_length: 256, evaluations_per_epoch: 1}
generation: {max_tokens: 4}
"""
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


def test_given_handlers_at_a_barrier_when_all_get_every_event_then_one_job_and_one_email(
    cloud: Cloud,
) -> None:
    cloud.drop("crowd", labelled_rows(40), FAST)
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

    assert run["status"] == "succeeded", run.get("error")
    assert [error for error, _ in answers if error] == []
    assert len(jobs(cloud, "crowd")) == 1
    assert len(cloud.emails("crowd")) == 1


def test_given_a_then_b_then_a_when_dropped_quickly_then_a_is_evaluated_and_one_email_comes(
    cloud: Cloud,
) -> None:
    first, second = labelled_rows(40), labelled_rows(40, seed=100)
    for body in (first, second, first):
        cloud.drop("order", body, FAST)
    versions = cloud.s3.list_object_versions(Bucket=cloud.bucket, Prefix="datasets/order/data.csv")[
        "Versions"
    ]
    latest = next(version["VersionId"] for version in versions if version["IsLatest"])

    def settled() -> dict[str, Any] | None:
        run = cloud.current_run("order")
        if run is None or run["source"]["version_id"] != latest:
            return None
        return run if run["status"] in ("succeeded", "failed") else None

    run = wait_for(settled, lambda: f"{cloud.current_run('order')}\n{cloud.logs()}")
    wait_for(lambda: cloud.emails("order"), cloud.logs)

    assert run["status"] == "succeeded", run.get("error")
    assert len(cloud.emails("order")) == 1
    others = {key.split("/")[2] for key in cloud.keys("runs/order/")} - {run["run"], "current.json"}
    for other in others:
        document = cloud.document(f"runs/order/{other}/run.json")
        assert document
        assert document["status"] == "superseded"


def another_email(cloud: Cloud, before: int) -> bool:
    return len(cloud.emails("broken")) > before


def test_given_a_failed_run_when_the_file_is_dropped_again_then_it_is_tried_again(
    cloud: Cloud,
) -> None:
    runs = []
    for _ in range(2):
        before = len(cloud.emails("broken"))
        cloud.drop("broken", b"\x89PNG\r\n\x1a\n\x00 no table at all")
        wait_for(partial(another_email, cloud, before), cloud.logs)
        runs.append(cloud.ended("broken"))

    assert [run["status"] for run in runs] == ["failed", "failed"]
    assert runs[0]["run"] != runs[1]["run"]
    assert len(cloud.emails("broken")) == 2
