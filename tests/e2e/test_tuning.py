"""A drop whose recipe tunes, with real trials, ends in a report of the best one."""

from tests.e2e.recipes import FAST
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud

TUNED = """
tune: {jobs: 2, parallel: 2, parameters: {learning_rate: [1.0e-4, 1.0e-2], lora_rank: [4, 8, 16]}}
deploy: {keep: never}
"""


def test_a_tuned_drop_ends_in_a_report_with_its_trials(cloud: Cloud) -> None:
    # When
    cloud.drop("tuned", labelled_rows(60), FAST + TUNED)
    run = cloud.ended("tuned")

    # Then
    assert run["status"] == "succeeded", run.get("error")
    folder = f"runs/tuned/{run['run']}"
    report = cloud.document(f"{folder}/report/report.json")
    assert report
    trials = report["trials"]["trials"]
    best = trials[report["trials"]["best"] - 1]
    assert [trial["status"] for trial in trials] == ["Completed"] * 2
    assert best["loss"] == min(trial["loss"] for trial in trials)
    assert {trial["values"]["lora_rank"] for trial in trials} <= {"4", "8", "16"}

    # And the training has used the values of the best trial
    told = {each["name"]: each["value"] for each in report["hyperparameters"]}
    assert told["learning_rate"] == float(best["values"]["learning_rate"])
    assert run["links"]["artifact"].rstrip("/").endswith(f"{best['job']}/output/model")
    assert report["training"]["best_eval_loss"] == best["loss"]
    jobs = cloud.client("sagemaker").list_training_jobs(NameContains=run["job"], MaxResults=100)
    assert len(jobs["TrainingJobSummaries"]) == 2
    assert run["cost"]["billable_seconds"] >= 2

    # And each trial has left its files for TensorBoard beside its checkpoints
    for trial in trials:
        watched = f"{folder}/checkpoints/1/{trial['job']}/tensorboard/events.out.tfevents."
        assert cloud.keys(watched), trial
