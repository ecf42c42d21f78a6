"""Outputs of SageMaker Ground Truth: labels, confidence, and files without texts."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.documents.dataset import Dataset
from tunedrop.errors import DatasetError

FORMATS = Path(__file__).parents[4] / "examples" / "formats"
KIND = "groundtruth/text-classification"


def manifest(number: int, **metadata: Any) -> dict[str, Any]:
    known = {"class-name": "glad", "confidence": 0.9, "type": KIND, **metadata}
    return {"source": f"text number {number}", "mood": "1", "mood-metadata": known}


def multilabel(number: int, numbers: list[int], *scores: float) -> dict[str, Any]:
    names = {"0": "sad", "1": "approving", "4": "critical"}
    metadata = {
        "class-map": {str(n): names[str(n)] for n in numbers},
        "confidence-map": {str(n): score for n, score in zip(numbers, scores, strict=True)},
        "type": f"{KIND}-multilabel",
    }
    return {"source": f"text number {number}", "mood": numbers, "mood-metadata": metadata}


def answered(number: int, *labels: Any, content: Any = None) -> dict[str, Any]:
    return {
        "datasetObjectId": str(number),
        "dataObject": {"content": content or f"text number {number}"},
        "annotations": [
            {
                "workerId": str(at),
                "annotationData": {"content": json.dumps({"crowd-classifier": {"label": label}})},
            }
            for at, label in enumerate(labels)
        ],
    }


def prepared(*rows: dict[str, Any], like: dict[str, Any]) -> tuple[Dataset, MemorySink]:
    """Prepare these rows, and twenty more of the kind before them; half of the glad are sad."""
    text = json.dumps(like)
    others = [
        text.replace("text number 0", f"other text {n}").replace("glad", ("glad", "sad")[n % 2])
        for n in range(20)
    ]
    return prepare("\n".join([*others, *map(json.dumps, rows)]), "output.manifest")


def low_confidence(document: Dataset) -> list[str]:
    found = [each for each in document.findings if each.check == "low_confidence"]
    return [place.excerpt for finding in found for place in finding.places]


def test_a_row_with_low_confidence_is_listed_and_kept() -> None:
    # When
    document, _ = prepared(
        manifest(1, confidence=0.31), manifest(2, confidence=0.5), like=manifest(0)
    )

    # Then
    assert low_confidence(document) == ["glad (0.31): text number 1"]
    assert document.rows.rejected == 0


def test_a_confidence_of_zero_is_not_reported() -> None:
    # When the confidence is zero, as Ground Truth writes it where one worker answers a text
    document, _ = prepared(manifest(1, confidence=0.0), like=manifest(0))

    # Then
    assert low_confidence(document) == []


def test_several_labels_of_a_row_are_joined_in_alphabetical_order() -> None:
    # When
    document, sink = prepared(
        multilabel(1, [4, 0, 1], 0.95, 0.77, 0.2),
        multilabel(2, [4, 1], 0.9, 0.8),
        multilabel(3, []),
        like=multilabel(0, [0], 0.9),
    )

    # Then
    answers = {row.row: row.answer for row in sink.all_rows()}
    assert (answers[21], answers[22]) == ("approving + critical + sad", "approving + critical")
    assert document.task == "classification"
    assert low_confidence(document) == ["approving + critical + sad (0.2): text number 1"]
    assert [(each.reason, each.column) for each in sink.rejected] == [
        ("not_labelled", "mood-metadata")
    ]


def test_the_classification_of_a_chain_of_labeling_jobs_is_the_label() -> None:
    # Given
    row = manifest(0)
    row = {"source": row.pop("source"), "spans-metadata": {"type": "groundtruth/text-span"}, **row}

    # When
    document, _ = prepared(like=row)

    # Then
    assert document.columns.mapping["label"] == "mood-metadata"
    assert [other.mapping for other in document.columns.alternatives] == [
        {"text": "source", "label": "spans-metadata"}
    ]


def test_the_majority_of_the_workers_answers_is_the_label() -> None:
    # When
    document, sink = prepared(
        answered(1, "sad", "glad", "sad", "meh", "odd"),
        answered(2, "sad", "glad"),
        answered(3),
        answered(4, ["sad", "odd"], content='{"source": "text in a line"}'),
        {**answered(5, "sad"), "dataObject": {"s3Uri": "s3://b/k.txt"}},
        like=answered(0, "glad"),
    )

    # Then
    kept = {row.row: (row.prompt[-1].content, row.answer) for row in sink.all_rows()}
    assert kept[21] == ("text number 1", "sad")
    assert kept[24] == ("text in a line", "odd + sad")
    assert [(each.reason, each.column, each.row) for each in sink.rejected] == [
        ("not_labelled", "annotations", 22),
        ("not_labelled", "annotations", 23),
        ("source_ref", "dataObject.s3Uri", 25),
    ]
    assert low_confidence(document) == ["sad (0.4): text number 1"]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("ground-truth-consolidated.json", "consolidatedAnnotation"),
        ("ground-truth-workers.json", "annotations"),
    ],
)
def test_annotation_files_give_the_same_rows_as_the_manifest(name: str, role: str) -> None:
    # Given
    expected, labelled = prepare((FORMATS / "ground-truth.manifest").read_bytes(), "x.manifest")

    # When
    document, sink = prepare((FORMATS / name).read_bytes(), name)

    # Then
    assert sink.files == labelled.files
    assert (document.labels, document.rows) == (expected.labels, expected.rows)
    assert document.columns.mapping == {"text": "dataObject", "label": role}
    assert document.columns.why == (
        f"{role!r} and 'dataObject' are annotations of SageMaker Ground Truth."
    )


WITHOUT_TEXT = {
    "consolidated labels": [
        {
            "datasetObjectId": str(n),
            "consolidatedAnnotation": {"content": {"mood": 1, "mood-metadata": {"type": KIND}}},
        }
        for n in range(20)
    ],
    "workers' answers": [
        {**answered(n, "sad"), "dataObject": {"s3Uri": f"s3://b/{n}"}} for n in range(20)
    ],
    "one worker's answers": {
        "answers": [
            {
                "acceptanceTime": "2026-11-02T09:30:00.000Z",
                "answerContent": {"crowd-classifier": {"label": "sad"}},
                "submissionTime": "2026-11-02T09:31:00.000Z",
                "workerId": "a12b3cdefg4h5i67",
            }
        ]
    },
}


@pytest.mark.parametrize("what", WITHOUT_TEXT)
def test_a_file_without_texts_is_refused_with_the_file_to_drop_instead(what: str) -> None:
    # When
    with pytest.raises(DatasetError, match=f"contains {what} of SageMaker Ground Truth") as error:
        prepare(json.dumps(WITHOUT_TEXT[what]), "0.json")

    # Then
    assert "manifests/output/output.manifest" in error.value.remedy
