"""SQL answers are run on small databases, in a process that may only read and soon ends."""

import pytest

from tests.support.builders.evaluations import row
from tunedrop.documents.rows import Message, Row
from tunedrop.evaluation.scoring.sql import query_of, same_query, same_results, spelled, sql_reader

HEADS = "CREATE TABLE head (age INTEGER, name VARCHAR, born_state VARCHAR)"


def asked(gold: str, tables: str = HEADS) -> Row:
    """Return a row that asks for a query, with its tables in the prompt."""
    each = row(1, f"Tables: {tables}; How many?", gold)
    return Row(row=1, prompt=[*each.prompt, Message("user", "SQL:")], completion=each.completion)


def results(gold: str, answer: str, tables: str = HEADS) -> float:
    """Return whether an answer returns what the right query returns."""
    read = sql_reader([asked(gold, tables)])
    return same_results(*read([answer]), *read([gold]))


@pytest.mark.parametrize(
    "answer",
    [
        "select count(*)  from head where age > 56;",
        "SELECT COUNT(age) FROM head AS h WHERE h.age > 56",
        "SELECT COUNT(*) FROM head WHERE NOT age <= 56",
        "```sql\nSELECT COUNT(*) FROM head WHERE 56 < age;\n```",
    ],
)
def test_queries_that_return_the_same_are_right(answer: str) -> None:
    assert results("SELECT COUNT(*) FROM head WHERE age > 56", answer) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "SELECT COUNT(*) FROM head WHERE age >= 56",
        "SELECT COUNT(*) FROM head WHERE age > 57",
        "SELECT COUNT(*) FROM head",
        "SELECT age FROM heads",
        "I do not know.",
        "",
    ],
)
def test_queries_that_return_something_else_or_fail_are_wrong(answer: str) -> None:
    assert results("SELECT COUNT(*) FROM head WHERE age > 56", answer) == 0


def test_the_order_of_rows_counts_if_the_right_query_has_one() -> None:
    # Given
    ordered, plain = "SELECT name FROM head ORDER BY age", "SELECT name FROM head"

    # Then
    assert results(ordered, "SELECT name FROM head ORDER BY age DESC") == 0
    assert results(plain, "SELECT name FROM head ORDER BY age DESC") == 1


def test_rows_of_the_prompt_are_used() -> None:
    # Given
    rows = "INSERT INTO head VALUES (61, 'Ada; the first', 'Ohio'), (40, 'Bo', 'Iowa')"
    tables = f"{HEADS}; {rows}"

    # Then
    answer = "SELECT 'Ada; the first'"
    assert results("SELECT name FROM head WHERE age > 56", answer, tables) == 1
    assert results("SELECT name FROM head WHERE age > 56", answer) == 0


def test_queries_that_return_nothing_are_the_same_only_if_they_look_alike() -> None:
    # Given
    gold = "SELECT name FROM head WHERE age IS NULL"

    # Then
    assert results(gold, "SELECT name FROM head WHERE 1 = 0") == 0
    assert results(gold, "select NAME from head where age is null") == 1


@pytest.mark.parametrize(
    "hostile",
    [
        "ATTACH DATABASE '/tmp/evil.db' AS evil",
        "DROP TABLE head",
        "INSERT INTO head VALUES (1, 'x', 'y')",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('/tmp/evil.so')",
        "SELECT 1; DROP TABLE head",
        "SELECT readfile('/etc/passwd')",
        "SELECT length(zeroblob(2000000000))",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    ],
)
def test_a_hostile_query_fails_and_the_next_one_still_runs(hostile: str) -> None:
    # Given
    gold = "SELECT COUNT(*) FROM head"
    read = sql_reader([asked(gold)] * 2)

    # When
    first, second = read([hostile, gold])

    # Then
    right = read([gold, gold])[0]
    assert same_results(first, right) == 0
    assert same_results(second, right) == 1


def test_a_query_that_ends_the_sandbox_leaves_the_others_alone() -> None:
    """A pattern of many wildcards runs inside one step of SQLite, until the alarm."""
    # Given
    slow = f"SELECT '{'a' * 2_000}' LIKE '{'%a' * 400}b'"
    gold = "SELECT COUNT(*) FROM head"
    read = sql_reader([asked(gold)] * 3)

    # When
    first, second, third = read([gold, slow, gold])

    # Then
    assert same_results(first, third) == 1
    assert same_results(second, first) == 0


def test_the_spelling_of_a_query_keeps_its_quoted_texts() -> None:
    assert spelled("SELECT  Name\nFROM T WHERE x = 'A  b'") == "select name from t where x = 'A  b'"
    assert query_of("Sure:\n```sql\nSELECT 1;\n```") == "SELECT 1"
    assert same_query("select 1\x1fabc", "select 1\x1fxyz") == 1
