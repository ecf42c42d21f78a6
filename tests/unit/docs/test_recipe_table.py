"""The table of docs/recipe.md is the recipe's schema."""

import pytest

from docs.recipe_table import PAGE, Key, recipe_keys, with_table
from tunedrop.dataset.shapes.by_name import by_name
from tunedrop.recipe.data import ColumnRoles


@pytest.mark.parametrize("key", recipe_keys(), ids=lambda key: key.name)
def test_each_recipe_key_is_documented_as_the_schema_says(key: Key) -> None:
    assert key.row in PAGE.read_text()


def test_the_recipe_page_is_what_make_docs_writes() -> None:
    # Given
    page = PAGE.read_text()

    # Then
    assert with_table(page) == page


@pytest.mark.parametrize("key", recipe_keys(), ids=lambda key: key.name)
def test_each_recipe_key_has_a_meaning(key: Key) -> None:
    assert key.meaning.endswith(".")
    assert "|" not in key.meaning


def test_every_column_that_the_table_calls_found_can_be_found_by_name() -> None:
    # Given rows with usual column names
    rows = (
        {"text": "late again", "label": "complaint"},
        {"question": "How many?", "answer": "7", "context": "…", "system": "Be brief."},
        {"messages": '[{"role": "user", "content": "Hello"}]'},
        {"prompt": "Hello", "chosen": "Good morning", "rejected": "What?"},
    )

    # When their columns are inferred
    roles = {role for row in rows for found in by_name([row], list(row)) for role in found.mapping}

    # Then each role of the recipe is among them, and the table says so
    documented = {
        key.name.removeprefix("columns.")
        for key in recipe_keys()
        if key.name.startswith("columns.") and "| found |" in key.row
    }
    assert documented == set(ColumnRoles.__struct_fields__) == roles
