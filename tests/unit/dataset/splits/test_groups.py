"""Rows with the same id are found, told, and kept in one split."""

import pytest

from tests.support.builders.doubtful_files import TOPICS, as_csv
from tests.support.pipeline.preparation import MemorySink, prepare
from tunedrop.documents.dataset import Dataset, GroupColumn
from tunedrop.errors import RecipeError
from tunedrop.recipe.yaml_file import read_recipe


def messages_of(persons: int, each: int, column: str = "user_id", further: str = "posted") -> str:
    """Return a table with `each` rows of each person, who are named `u0`, `u1`, …."""
    return as_csv(
        ("text", "label", column, further),
        (
            (f"{TOPICS[n % 5]} of order {n * 37} is late, says u{n % persons}",
             ("good", "bad")[n * 7 % 3 % 2], f"u{n % persons}", f"day {n}")
            for n in range(persons * each)
        ),
    )  # fmt: skip


def is_shared(sink: MemorySink) -> bool:
    """Whether a person has rows in two splits."""
    train, validation, test = (
        {row.prompt[-1].content.split()[-1] for row in sink.rows(split)}
        for split in ("train", "validation", "test")
    )
    return bool(train & test or train & validation or validation & test)


def group_of(document: Dataset) -> GroupColumn:
    """Return the column that looks like the id of a group."""
    assert document.columns.group
    return document.columns.group


@pytest.mark.parametrize("column", ["user_id", "customerNumber", "Patient ID", "thread-id"])
def test_the_rows_of_one_id_are_kept_in_one_split(column: str) -> None:
    # When
    document, sink = prepare(messages_of(150, 4, column))

    # Then
    assert (group_of(document).name, group_of(document).certainty) == (column, "certain")
    assert not is_shared(sink)
    assert all(row.cluster is not None for row in sink.rows("test"))


def test_the_warnings_say_which_rows_stay_together_and_how_sure_that_is() -> None:
    # When
    document, _ = prepare(messages_of(150, 4, "author"))

    # Then
    assert (
        "author looks like the id of a person (probable), so rows with the same value are kept in "
        "one split; `split: {group_by: off}` divides them."
    ) in document.warnings


def test_an_id_is_not_listed_as_unused() -> None:
    # When
    document, _ = prepare(messages_of(150, 4))

    # Then
    assert [each.name for each in document.columns.unused] == ["posted"]


def test_a_recipe_switches_the_groups_off() -> None:
    # Given
    recipe = read_recipe(b"split: {group_by: off}")

    # When
    document, sink = prepare(messages_of(150, 4), split=recipe.split)

    # Then
    assert document.columns.group is None
    assert is_shared(sink)


def test_a_recipe_that_names_a_column_decides_and_nothing_is_told() -> None:
    # When
    document, _ = prepare(messages_of(150, 4), split={"group_by": "posted"})

    # Then
    assert group_of(document) == GroupColumn("posted")
    assert not any("looks like the id" in warning for warning in document.warnings)


def test_a_group_by_that_is_only_switched_on_is_refused_with_its_line() -> None:
    with pytest.raises(RecipeError, match=r"line 2: split.*the name of a column, or off"):
        read_recipe(b"task: auto\nsplit: {group_by: on}")


REFUSED = {
    "it has only 40 values": messages_of(40, 10),
    "rows have the same value": messages_of(150, 4)
    + "".join(f"Late again on day {n},good,u7,d\n" for n in range(200)),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_ids_that_would_spoil_the_splits_are_told_and_divided(reason: str) -> None:
    # When
    document, _ = prepare(REFUSED[reason])

    # Then
    told = group_of(document).told
    assert reason in told
    assert "`split: {group_by: user_id}` keeps them together" in told
    assert told in document.warnings
    assert document.splits["test"].units == document.splits["test"].rows


def test_a_larger_test_split_makes_few_groups_enough() -> None:
    # When
    document, sink = prepare(messages_of(40, 10), split={"test": 0.25})

    # Then
    assert "are kept in one split" in group_of(document).told
    assert not is_shared(sink)


def test_splits_that_the_file_names_are_not_changed_by_ids() -> None:
    # Given rows of the same persons in two splits
    rows = [
        f'{{"text": "row {n} of the part {split}", "label": "{"ab"[n % 2]}", "user_id": {n % 50}}}'
        for split, count in (("one", 200), ("two", 60))
        for n in range(count)
    ]
    content = f'{{"train": [{", ".join(rows[:200])}], "test": [{", ".join(rows[200:])}]}}'

    # When
    document, _ = prepare(content, "data.json", checks="basic")

    # Then
    assert "the file names its splits itself" in group_of(document).told
    assert (document.rows.test, document.rows.duplicates) == (60, 0)


@pytest.mark.parametrize(
    "column", ["id", "tweet_id", "user_timezone", "title", "product_id", "userdata"]
)
def test_other_columns_that_repeat_are_no_ids_of_groups(column: str) -> None:
    # When
    document, _ = prepare(messages_of(150, 4, column))

    # Then
    assert document.columns.group is None


def test_an_id_that_no_two_rows_share_groups_nothing() -> None:
    # When
    document, _ = prepare(messages_of(600, 1))

    # Then
    assert document.columns.group is None


def test_the_id_of_a_person_goes_before_that_of_a_conversation() -> None:
    # Given two conversations of each person
    header, *lines = messages_of(150, 4, "customer_id", "session_id").splitlines()
    rows = [f"{line.rpartition(',')[0]},c{n % 300}" for n, line in enumerate(lines)]

    # When
    document, _ = prepare("\n".join([header, *rows]))

    # Then
    assert group_of(document).name == "customer_id"


def test_a_column_that_the_model_sees_is_no_group() -> None:
    # When
    document, _ = prepare(
        messages_of(150, 4, "author"), template="{author}: {text}", columns={"label": "label"}
    )

    # Then
    assert document.columns.group is None
