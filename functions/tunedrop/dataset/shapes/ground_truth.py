"""The output files of text classification jobs in SageMaker Ground Truth.

- `manifests/output/output.manifest`: one line for each object, with `source` and `<job>-metadata`,
  which has one class (`class-name`) or several (`class-map`, `confidence-map`).
  https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html
- `annotations/consolidated-annotation/`: one list for each iteration, with the workers' answers
  (`dataObject`, `annotations`) or with their consolidated result (`consolidatedAnnotation`).
  https://docs.aws.amazon.com/sagemaker/latest/dg/sms-custom-templates-step3-lambda-requirements.html
- `annotations/worker-response/`: one file for each object, with `answers` but without the text.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.example import Example, Kind, text_of
from tunedrop.dataset.shapes.text_label import BETWEEN_LABELS
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message
from tunedrop.errors import DatasetError

LOW_CONFIDENCE = 0.5  # Labels with a lower confidence are reported.
_ANSWERS = {"dataObject", "annotations"}


class Annotated(Example, gc=False):
    """An example with the confidence of its label (0 to 1), if it is known."""

    confidence: float | None = None

    def remarks(self) -> Sequence[tuple[str, str]]:
        """Report a label with a low confidence."""
        if self.confidence is None or self.confidence >= LOW_CONFIDENCE:
            return ()
        label = self.completion[0].content
        return [("low_confidence", f"{label} ({self.confidence:g}): {self.question()}")]


def ground_truth(sample: Sequence[Fields], columns: Sequence[str]) -> list[Columns]:
    """Return the mappings for an output of Ground Truth; none for other rows.

    Raises:
        DatasetError: the file has labels but no texts.
    """
    if "answerContent" in columns:
        raise _without_text("one worker's answers")
    if "datasetObjectId" in columns:
        return _consolidated(sample, columns)
    return _manifest(sample, columns)


def _manifest(sample: Sequence[Fields], columns: Sequence[str]) -> list[Columns]:
    if not {"source", "source-ref"} & set(columns):
        return []
    found: dict[str, str] = {}  # The type of the job for each metadata column.
    for fields in sample:
        for name, value in fields.items():
            if name.endswith("-metadata") and isinstance(value, dict):
                found.setdefault(name, str(value.get("type", "")))
    jobs = [name for name, kind in found.items() if kind.startswith("groundtruth/")]
    # In a chain of jobs, those for text classification come first.
    jobs.sort(key=lambda name: "text-classification" not in found[name])
    return [
        Columns(
            "ground_truth",
            {"text": "source", "label": name},
            f"{name!r} is the metadata of a SageMaker Ground Truth labelling job.",
        )
        for name in jobs
    ]


def _consolidated(sample: Sequence[Fields], columns: Sequence[str]) -> list[Columns]:
    consolidated = "consolidatedAnnotation" in columns
    if not consolidated and not set(columns) >= _ANSWERS:
        return []
    if not any(_data_object(fields) for fields in sample):
        raise _without_text("consolidated labels" if consolidated else "workers' answers")
    label = "consolidatedAnnotation" if consolidated else "annotations"
    why = f"{label!r} and 'dataObject' are annotations of SageMaker Ground Truth."
    return [Columns("ground_truth", {"text": "dataObject", "label": label}, why)]


def _without_text(what: str) -> DatasetError:
    return DatasetError(
        f"The file contains {what} of SageMaker Ground Truth and the numbers of the objects, "
        "but not their texts.",
        "Drop the job's manifests/output/output.manifest instead: it has text and label.",
    )


class GroundTruth:
    """Rows of an output of Ground Truth."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._text = columns.mapping["text"]
        self._label = columns.mapping["label"]

    def example(self, record: Record) -> Example:
        """Turn an object into an example."""
        fields = record.fields()
        label, confidence = self._labelled(fields)
        text = text_of(self._text_of(fields), self._text)
        return Annotated([Message("user", text)], [Message("assistant", label)], confidence)

    def _text_of(self, fields: Fields) -> Any:
        text = _data_object(fields) if self._text == "dataObject" else fields.get(self._text)
        held = fields.get("dataObject")
        elsewhere = "source-ref" in fields or (isinstance(held, dict) and "s3Uri" in held)
        if text is None and elsewhere:
            raise RowError(
                "source_ref",
                "The text is in another object (source-ref), which is not read.",
                "source-ref" if "source-ref" in fields else "dataObject.s3Uri",
                "Label with the text inline (source).",
            )
        return text

    def _labelled(self, fields: Fields) -> tuple[str, float | None]:
        if self._label == "annotations":
            return _voted(fields.get("annotations"))
        if self._label == "consolidatedAnnotation":
            return _of_metadata(*_consolidated_metadata(fields.get(self._label)))
        job = self._label.removesuffix("-metadata")
        return _of_metadata(fields.get(self._label), fields.get(job), self._label)


def _data_object(fields: Fields) -> str | None:
    """Return the text of an object: plain, or inside a line of the input manifest."""
    held = fields.get("dataObject")
    content = held.get("content", held.get("source")) if isinstance(held, dict) else held
    if isinstance(content, str) and content.lstrip().startswith("{"):
        try:
            content = msgspec.json.decode(content)
        except (ValueError, RecursionError):
            return content
    if isinstance(content, dict):
        content = content.get("source")
    return content if isinstance(content, str) else None


def _consolidated_metadata(value: Any) -> tuple[Any, Any, str]:
    """Return (metadata, class numbers, JSON path) of a consolidated annotation."""
    held = value.get("content") if isinstance(value, dict) else None
    content: Fields = held if isinstance(held, dict) else {}
    for name, metadata in content.items():
        if name.endswith("-metadata") and isinstance(metadata, dict):
            place = f"consolidatedAnnotation.content.{name}"
            return metadata, content.get(name.removesuffix("-metadata")), place
    return None, None, "consolidatedAnnotation.content"


def _of_metadata(metadata: Any, numbers: Any, column: str) -> tuple[str, float | None]:
    """Return label and confidence; several labels are joined, with the lowest confidence."""
    known = metadata if isinstance(metadata, dict) else {}
    if known.get("failure-reason"):
        raise RowError("not_labelled", str(known["failure-reason"]), column)
    names = known.get("class-map")
    if not isinstance(names, dict) or "class-name" in known:
        name = text_of(known.get("class-name"), f"{column}.class-name")
        return name, _confidence([known.get("confidence")])
    listed = [str(number) for number in numbers] if isinstance(numbers, list) else list(names)
    labels = sorted(text_of(names.get(number), f"{column}.class-map") for number in listed)
    if not labels:
        raise RowError("not_labelled", "No label applies.", column, "Give such texts a label.")
    scores = known.get("confidence-map")
    scores = scores if isinstance(scores, dict) else {}
    return BETWEEN_LABELS.join(labels), _confidence([scores.get(number) for number in listed])


def _confidence(values: list[Any]) -> float | None:
    """Return the lowest confidence, without the 0 of labels by a single worker."""
    scores = [float(each) for each in values if isinstance(each, int | float) and each > 0]
    return min(scores, default=None)


def _voted(annotations: Any) -> tuple[str, float | None]:
    """Return the answer of most workers and their share; no share for a single worker."""
    answers = [_answer(each) for each in annotations] if isinstance(annotations, list) else []
    votes = Counter(answer for answer in answers if answer).most_common(2)
    if not votes:
        raise RowError("not_labelled", "No worker has labelled the text.", "annotations")
    if len(votes) > 1 and votes[0][1] == votes[1][1]:
        raise RowError(
            "not_labelled",
            f"As many workers say {votes[0][0]!r} as {votes[1][0]!r}.",
            "annotations",
            "Choose one label, or drop output.manifest.",
        )
    label, most = votes[0]
    return label, most / len(answers) if len(answers) > 1 else None


def _answer(annotation: Any) -> str | None:
    """Return the label in a worker's form output, {"<name>": {"label": …}} or {"labels": […]}.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sms-ui-template-crowd-classifier.html
    """
    held = annotation.get("annotationData") if isinstance(annotation, dict) else None
    content = held.get("content") if isinstance(held, dict) else None
    try:
        form = msgspec.json.decode(content) if isinstance(content, str) else content
    except (ValueError, RecursionError):
        return None
    for answer in form.values() if isinstance(form, dict) else ():
        chosen = answer.get("label", answer.get("labels")) if isinstance(answer, dict) else answer
        if isinstance(chosen, list):
            return BETWEEN_LABELS.join(sorted(map(str, chosen))) or None
        if isinstance(chosen, str):
            return chosen.strip() or None
    return None
