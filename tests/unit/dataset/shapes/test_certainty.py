"""How sure the reading of a file is, and what it is said to learn."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.support.builders import doubtful_files
from tests.support.builders.doubtful_files import as_csv, as_lines
from tests.support.builders.tables import table
from tests.support.pipeline.preparation import MemoryFile, prepare
from tunedrop.dataset.examining.question import question_about
from tunedrop.dataset.readers.open import open_parts
from tunedrop.dataset.shapes.infer import find_shape
from tunedrop.documents.dataset import Columns
from tunedrop.documents.question import Question
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe


def read(content: str, recipe: Recipe | None = None) -> Columns:
    """Return how the columns of a file are read."""
    with ExitStack() as resources:
        return find_shape(open_parts([MemoryFile(content)], resources), recipe or Recipe()).columns


def asked(content: str) -> Question:
    """Return the question about a file."""
    with ExitStack() as resources:
        parts = open_parts([MemoryFile(content)], resources)
        return question_about(parts, find_shape(parts, Recipe()).columns, Recipe())


DOUBTS: dict[str, tuple[Callable[[], str], str]] = {
    "passengers": (doubtful_files.passengers, "could each be the label"),
    "sightings": (doubtful_files.sightings, "holds few words"),
    "code and comment": (doubtful_files.code_and_comment, "do not say which of them is the answer"),
    "lettered choices": (doubtful_files.lettered_choices, "the number or letter of a choice"),
    "paraphrases": (doubtful_files.paraphrases, "hold text of similar length"),
    "similarity of sentences": (doubtful_files.similarities, "a score, which is no label"),
    "toxicity of a comment": (doubtful_files.toxicities, "a score, which is no label"),
    "half stars": (doubtful_files.half_stars, "a score, which is no label"),
    "a score of 1 to 100": (doubtful_files.grades, "many different numbers, such as"),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_a_file_that_can_mean_several_things_is_doubtful(name: str) -> None:
    # Given
    write, doubt = DOUBTS[name]

    # When
    columns = read(write())

    # Then
    assert (columns.certainty, doubt in columns.doubt) == ("doubtful", True), columns


def test_an_index_of_a_choice_is_not_learnt_without_the_choices() -> None:
    # When
    columns = read(doubtful_files.multiple_choice())

    # Then
    is_asked = columns.certainty == "doubtful"
    assert is_asked or "choices" in columns.mapping.values()
    assert is_asked == ("the number or letter of a choice" in columns.doubt)


def test_a_title_is_not_learnt_while_answers_are_unused() -> None:
    # When
    columns = read(doubtful_files.squad())

    # Then
    is_asked = columns.certainty == "doubtful"
    assert is_asked or columns.mapping["completion"] == "answers"
    assert is_asked == ("answers sounds like the answer" in columns.doubt)


@pytest.mark.parametrize("name", DOUBTS)
def test_each_recipe_of_a_question_chooses_its_reading_for_certain(name: str) -> None:
    # Given
    content = DOUBTS[name][0]()
    question = asked(content)

    # When
    chosen = [
        read(content, read_recipe(each.recipe.encode())).certainty for each in question.readings
    ]

    # Then
    assert question.readings
    assert chosen == ["certain"] * len(question.readings)


def test_the_rows_of_a_question_are_those_that_its_recipe_prepares() -> None:
    # Given
    content = doubtful_files.paraphrases()
    question = asked(content)

    for reading in question.readings:
        # When
        recipe = read_recipe(reading.recipe.encode())
        _, sink = prepare(content, columns=recipe.columns, template=recipe.template)

        # Then
        first = sink.all_rows()[0]
        texts = {each.name: each.text for each in reading.rows[0].texts}
        assert texts["prompt"] == first.prompt[-1].content
        assert first.answer in (texts.get("label"), texts.get("answer"))


def test_a_score_is_offered_as_text_and_when_it_repeats_as_label() -> None:
    # When
    learnt = {
        write.__name__: [reading.recipe for reading in asked(write()).readings]
        for write in (doubtful_files.half_stars, doubtful_files.similarities)
    }

    # Then
    assert learnt == {
        "half_stars": [
            "columns:\n  text: review\n  label: stars",
            "columns:\n  prompt: review\n  completion: stars",
        ],
        "similarities": [
            (
                'template: "sentence1: {sentence1}\\n\\nsentence2: {sentence2}"\n'
                "columns:\n  completion: score"
            ),
        ],
    }


def test_a_recipe_that_names_the_text_alone_is_asked_about_the_score() -> None:
    # When
    columns = read(doubtful_files.toxicities(), read_recipe(b"columns: {text: remark}"))

    # Then
    assert (columns.certainty, columns.mapping) == (
        "doubtful",
        {"prompt": "remark", "completion": "toxicity"},
    )


def test_answers_that_are_numbers_are_no_score() -> None:
    # Given arithmetic, whose answers may have fractions
    rows = ((f"What is {n} / 4?", n / 4) for n in range(40))

    # Then
    assert read(as_csv(("question", "answer"), rows)).certainty == "certain"


def test_well_known_names_inside_of_a_column_are_certain() -> None:
    # Given
    rows: list[dict[str, object]] = [
        {"row": {"text": f"Review {n} of the hotel", "label": "ab"[n % 2]}} for n in range(40)
    ]

    # Then
    assert read(as_lines(rows)).certainty == "certain"


def test_a_score_inside_of_a_column_is_told_because_no_recipe_can_choose() -> None:
    # Given
    rows: list[dict[str, object]] = [
        {"row": {"text": f"Review {n} of the hotel", "rating": n % 7 / 2}} for n in range(70)
    ]

    # When
    columns = read(as_lines(rows))

    # Then
    assert (columns.certainty, columns.doubt) == ("probable", "")
    assert columns.mapping == {"inside": "row", "text": "text", "label": "rating"}


def test_a_table_is_offered_with_all_other_columns_as_the_prompt() -> None:
    # When
    question = asked(doubtful_files.passengers())

    # Then
    texts = {each.name: each.text for each in question.readings[1].rows[0].texts}
    assert texts["label"] == "female"
    assert "Pclass: 2" in texts["prompt"]
    assert "PassengerId" not in texts["prompt"]


def test_a_column_that_sounds_like_the_answer_is_offered_as_the_answer() -> None:
    # Given answers that are too short for running text
    rows = ((f"What is {n} and {n} together?", f"It is {2 * n}", ("easy", "hard")[n % 2])
            for n in range(30))  # fmt: skip
    content = as_csv(("problem", "solution", "level"), rows)

    # When
    question = asked(content)

    # Then
    assert "solution sounds like the answer" in question.doubt
    assert "solution from problem" in [reading.learns for reading in question.readings]


def test_the_choices_of_a_question_are_offered_as_part_of_its_prompt() -> None:
    # When
    question = asked(doubtful_files.lettered_choices())

    # Then
    texts = {each.name: each.text for each in question.readings[1].rows[0].texts}
    assert texts == {
        "prompt": "Which number comes after 0?\nA: number 0\nB: number 1\nC: number 2\nD: number 3",
        "answer": "A",
    }


def test_question_and_reply_are_preferred_to_text_and_label() -> None:
    # When
    document, sink = prepare(doubtful_files.support_tickets())

    # Then
    assert document.columns.certainty == "probable"
    assert document.task == "generation"
    assert sink.all_rows()[0].prompt[-1].content == "What happened to the parcel of order 0?"
    assert document.learns == (
        "Learns: agent_reply from customer_question (could also be: department from "
        "customer_question; department from agent_reply); to change it: "
        "`columns: {text: customer_question, label: department}`"
    )


CERTAIN = {
    "text and label": table(20),
    "prompt and completion": as_lines(
        {"prompt": f"q {n}", "completion": f"a {n}"} for n in range(9)
    ),
    "conversations": as_lines(
        {"messages": [{"role": "user", "content": f"q {n}"}, {"role": "assistant", "content": "a"}]}
        for n in range(9)
    ),
}


@pytest.mark.parametrize("name", CERTAIN)
def test_well_known_names_are_certain(name: str) -> None:
    assert read(CERTAIN[name]).certainty == "certain"


@pytest.mark.parametrize(
    "row", [("a sentence of words {}", "its own label {}"), ("{}", ""), ("1{}", "x")]
)
def test_well_known_names_with_unexpected_values_are_probable(row: tuple[str, str]) -> None:
    # Given
    rows = [[value.format(n) for value in row] for n in range(30)]

    # Then
    assert read(as_csv(("text", "label"), rows)).certainty == "probable"


def test_one_text_beside_one_label_is_probable() -> None:
    # Given
    rows = (
        (("ham", "spam")[n % 2], f"see you at the usual place at {n} o'clock") for n in range(30)
    )

    # When
    columns = read(as_csv(("v1", "v2"), rows))

    # Then
    assert (columns.certainty, columns.mapping) == ("probable", {"text": "v2", "label": "v1"})


def test_a_recipe_that_names_the_columns_always_decides() -> None:
    # Given
    recipe = read_recipe(b"columns: {text: Name, label: Sex}")

    # When
    columns = read(doubtful_files.passengers(), recipe)

    # Then
    assert (columns.certainty, columns.doubt) == ("certain", "")


def test_a_recipe_that_names_one_column_is_not_asked_about_the_other() -> None:
    # Given
    recipe = read_recipe(b"columns: {label: Embarked}")

    # When
    columns = read(doubtful_files.passengers(), recipe)

    # Then
    assert (columns.certainty, columns.mapping["label"]) == ("probable", "Embarked")


def test_a_chinese_text_has_enough_words_for_a_text() -> None:
    # Given texts that are mostly Chinese, with one space each
    rows = ((f"这个产品的质量非常好我很满意 第{n}号", "正负"[n % 2]) for n in range(30))

    # Then
    assert read(as_csv(("内容", "情感"), rows)).certainty == "probable"


def test_unused_columns_are_listed_with_an_example_value() -> None:
    # Given
    rows = ((f"a sentence with the number {n}", ("good", "bad")[n % 2], 7, f"jo{n}@example.com")
            for n in range(20))  # fmt: skip

    # When
    document, _ = prepare(as_csv(("text", "label", "score", "author"), rows))

    # Then
    unused = {each.name: each.example for each in document.columns.unused}
    assert unused == {"score": "7", "author": "[EMAIL]"}


def test_the_columns_of_a_template_are_used() -> None:
    # Given
    recipe = read_recipe(b"template: '{Name}, {Age}'\ncolumns: {label: Sex}")

    # When
    columns = read(doubtful_files.passengers(), recipe)

    # Then
    unused = [each.name for each in columns.unused]
    assert unused == ["PassengerId", "Survived", "Pclass", "Embarked"]
    assert columns.certainty == "certain"


def test_unused_columns_with_much_text_are_warned_of() -> None:
    # Given
    remark = "a longer remark that says why " * 5
    rows = ((f"a sentence with number {n}", ("good", "bad")[n % 2], f"{n}: {remark}")
            for n in range(20))  # fmt: skip

    # When
    document, _ = prepare(as_csv(("text", "label", "remark"), rows))

    # Then
    assert document.warnings[0] == (
        "These columns hold text and are not used: remark (152 characters a row)."
    )


def test_the_document_shows_the_first_training_rows_as_they_are_trained() -> None:
    # When
    document, sink = prepare(table(60))

    # Then
    first = sink.rows("train")[0]
    assert len(document.examples) == 3
    assert document.examples[0].row == first.row
    assert [(each.name, each.text) for each in document.examples[0].texts] == [
        ("system", first.prompt[0].content),
        ("prompt", first.prompt[1].content),
        ("label", first.answer),
    ]


def test_example_rows_name_their_tools_and_hide_secrets() -> None:
    # Given
    tool = {"type": "function", "function": {"name": "find_order", "parameters": {}}}
    rows = (
        {
            "messages": [
                {"role": "user", "content": f"Write to jo{n}@example.com about order {n}"},
                {"role": "assistant", "content": f"Done with order {n}."},
            ],
            "tools": [tool],
        }
        for n in range(20)
    )

    # When
    document, _ = prepare(as_lines(rows), "chat.jsonl")

    # Then
    texts = {each.name: each.text for each in document.examples[0].texts}
    assert texts["prompt"].startswith("Write to [EMAIL] about order")
    assert texts["tools"] == "find_order"
