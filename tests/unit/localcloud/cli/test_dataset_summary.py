"""The summary of dataset.json, as the product writes it."""

import json
from pathlib import Path

import msgspec

from localcloud.cli.dataset_summary import dataset_text
from tests.support.pipeline.preparation import prepare

FORMATS = Path(__file__).parents[4] / "examples" / "formats"


def summary(name: str, **changes: object) -> str:
    """Return the summary of an example file that the product has prepared."""
    document, _ = prepare((FORMATS / name).read_bytes(), name)
    written = json.loads(msgspec.json.encode(document))
    return dataset_text(written | changes)


def test_a_table_is_summarised_with_format_columns_and_counts() -> None:
    # When
    lines = summary("tickets.csv").splitlines()

    # Then
    assert lines[0] == "read as:    CSV, text_label, for classification"
    assert lines[1] == "columns:    text = 'text', label = 'label'"
    assert (
        lines[2].strip()
        == "The names of the columns 'text' and 'label' are usual for text and label."
    )
    assert lines[3] == "certainty:  certain"
    assert lines[4].strip().startswith("Learns: label from text; to change it:")
    assert lines[5] == (
        "rows:       30 in, 24 train, 3 validation, 3 test, 0 rejected, 0 duplicates, 0 not sampled"
    )
    assert lines[6].startswith("labels:     8 ")
    assert any(line.startswith("warning:    Only 3 test rows") for line in lines)


def test_conversations_are_summarised_with_their_shape() -> None:
    # When
    text = summary("chat-messages.jsonl")

    # Then
    assert text.startswith("read as:    JSON Lines, messages, for generation\n")
    assert "\nlabels:" not in text


def test_an_estimate_is_named_as_the_price_on_aws() -> None:
    # Given
    estimate = {
        "low_usd": 0.1,
        "high_usd": 0.25,
        "low_hours": 0.1,
        "high_hours": 0.5,
        "instance": "ml.g6.2xlarge",
    }

    # When
    text = summary("tickets.csv", estimate=estimate)

    # Then
    assert (
        "training:   on AWS 0.10 to 0.25 USD, 6 min to 30 min on ml.g6.2xlarge; nothing is charged"
    ) in text


def test_rejected_rows_are_counted_by_reason() -> None:
    # When
    text = summary("tickets.csv", rejected_reasons={"empty": 1200, "too_long": 3})

    # Then
    assert "rejected:   1,200 empty, 3 too_long" in text


def test_the_most_frequent_labels_come_first() -> None:
    # Given
    labels = {f"l{number}": number for number in range(30)}

    # When
    text = summary("tickets.csv", splits={"train": {"labels": labels}})

    # Then
    assert "labels:     29 l29, 28 l28, " in text
    assert "10 l10 and 10 more" in text
