"""Reports of small evaluations, judged by the product's own code."""

from collections.abc import Sequence
from functools import cache

from tests.support.builders.evaluations import judge_labels, the_tweets
from tunedrop.documents.judgement import Judgement
from tunedrop.documents.report import Cost, Lineage, LossPoint, Report
from tunedrop.lifecycle.reporting import ReportContext, build_report

FOLDER = "s3://data/runs/tweets/9f3a61c2d04e/"
ENDPOINT = "tweets-9f3a61c2d04e-1"


def report_of(judgement: Judgement, *, kept: bool = True, warnings: Sequence[str] = ()) -> Report:
    """Return the report of a run with this judgement."""
    return build_report(
        ReportContext(
            dataset="tweets",
            run="9f3a61c2d04e",
            rows={
                "in": 1000,
                "train": 640,
                "validation": 80,
                "test": 200,
                "rejected": 50,
                "duplicates": 30,
                "not_sampled": 0,
            },
            cost=Cost(
                estimated_usd=0.31,
                training_usd=0.0407,
                billable_seconds=116,
                instance="ml.g6.2xlarge",
            ),
            lineage=Lineage(
                source="s3://data/datasets/tweets/tweets.csv",
                source_version="3sL4kqtJlcpXroDTDmJ",
                recipe={"task": "classification", "evaluate": {"gate": {"min_gain": 0.0}}},
                base_model="HuggingFaceTB/SmolLM2-135M-Instruct@main",
                training_image="tunedrop-training:0.1.0",
                serving_image="vllm:server-sagemaker-cuda-v2.6",
                packages={"torch": "2.13.0"},
                seeds={"training": 17},
            ),
            endpoint=ENDPOINT,
            endpoint_kept=kept,
            endpoint_expires="2026-11-24T14:31:00+00:00" if kept else None,
            created="2026-11-23T14:31:07+00:00",
            training={"steps": 80.0, "train_tokens": 41210.0},
            curve=[LossPoint(10, loss=2.5), LossPoint(20, loss=1.2), LossPoint(20, eval_loss=1.1)],
            warnings=list(warnings),
        ),
        judgement,
    )


def tweets_report(*, kept: bool = True, warnings: Sequence[str] = ()) -> Report:
    """Return the report of the 200 tweets: base 19.0%, majority 52.0%, tuned 65.5%."""
    return report_of(_judged_tweets(), kept=kept, warnings=warnings)


@cache
def _judged_tweets() -> Judgement:
    golds, base, tuned = the_tweets()
    counts = {"negative": 300, "neutral": 200, "positive": 140}
    return judge_labels(golds, base, tuned, trained_on=counts)
