"""The figures of benchmarks/defaults.py: which trials are compared, and how its texts are read."""

import pytest
from msgspec.structs import replace

from benchmarks.defaults_contenders import Result, finalists, grid_name, summarised, values_of
from benchmarks.defaults_datasets import definition, email_text
from tests.support.builders.training_document import SMALL

CHOSEN = replace(SMALL, epochs=1.0, learning_rate=1e-3, batch_size=4, gradient_accumulation_steps=2)


def test_only_trials_with_the_same_seed_are_compared() -> None:
    # Given a contender that was unlucky with its only seed, and auto, which has two
    results = [
        Result("tweets", "auto", 1, 0.9, 0.5),
        Result("tweets", "auto", 2, 0.1, 0.9),
        Result("tweets", "trl", 1, 1.0, 0.7),
    ]

    # When
    found = summarised(results)

    # Then the seed that only auto has does not count
    assert found["ratios"] == {"trl": 0.9}
    assert found["score_difference"] == {"trl": -0.2}


def test_ratio_is_geometric_mean_over_datasets() -> None:
    # Given half the loss on one dataset and twice the loss on the other
    results = [
        Result("tweets", "auto", 1, 0.5, 0.0),
        Result("tweets", "trl", 1, 1.0, 0.0),
        Result("chat", "auto", 1, 4.0, 0.0),
        Result("chat", "trl", 1, 2.0, 0.0),
    ]

    # When
    found = summarised(results)

    # Then
    assert found["ratios"] == {"trl": 1.0}
    assert found["regret"] == {"tweets": -0.5, "chat": 1.0}
    assert found["worst_regret"] == 1.0


def test_regret_is_to_the_best_of_those_that_ran_with_all_seeds() -> None:
    # Given a contender that was lucky with its only seed, and another rate of auto
    results = [
        Result("tweets", "auto", 1, 1.0, 0.0),
        Result("tweets", "auto", 2, 1.0, 0.0),
        Result("tweets", "trl", 1, 0.5, 0.0),
        Result("tweets", "unsloth", 1, 0.8, 0.0),
        Result("tweets", "unsloth", 2, 0.8, 0.0),
        Result("tweets", grid_name(2), 1, 0.1, 0.0),
        Result("tweets", grid_name(2), 2, 0.1, 0.0),
    ]

    # When
    found = summarised(results)

    # Then
    assert found["regret"] == {"tweets": 0.25}
    assert found["ratios"]["auto_rate_x2"] == 10.0


def test_finalists_have_the_lowest_losses_of_the_first_seed() -> None:
    # Given losses of another seed, of another dataset and of auto, which do not count
    losses = {"trl": 3.0, "llamafactory": 1.0, "ms_swift": 4.0, "unsloth": 2.0, "auto": 0.5}
    results = [Result("tweets", name, 1, loss, 0.0) for name, loss in losses.items()]
    results += [Result("tweets", "ms_swift", 2, 0.0, 0.0), Result("chat", "axolotl", 1, 0.0, 0.0)]

    # When / Then
    assert finalists(results, "tweets", 1) == ["llamafactory", "unsloth", "trl"]


def test_a_contender_has_its_own_batch_and_one_evaluation() -> None:
    # When
    values = values_of("ms_swift", CHOSEN, [])

    # Then
    assert (values.batch_size, values.gradient_accumulation_steps) == (16, 1)
    assert (values.learning_rate, values.lora_rank, values.weight_decay) == (1e-4, 8, 0.1)
    assert (values.epochs, values.evaluations_per_epoch) == (1.0, 1)


@pytest.mark.parametrize(("name", "rate"), [("auto", 1e-3), ("auto_rate_x0.5", 5e-4)])
def test_the_grid_changes_only_the_rate_of_auto(name: str, rate: float) -> None:
    # When
    values = values_of(name, CHOSEN, [0.5])

    # Then
    assert values.learning_rate == rate
    assert (values.batch_size, values.gradient_accumulation_steps) == (4, 2)


def test_an_email_is_read_without_headers_tags_and_addresses() -> None:
    # Given
    source = (
        "From: a@example.com\nSubject: Win now\nX-Spam-Status: Yes\n"
        "Content-Type: text/html\n\n<p>Click <b>here</b>: http://example.com/a me@example.com</p>\n"
    )

    # When / Then
    assert email_text(source) == "Win now Click here :"


def test_a_definition_of_wordnet_is_read_without_its_examples() -> None:
    # Given
    line = '00011757 00 a 01 living_thing(p) 0 001 & 0001 a 0000 | able to live; "it lives"  '

    # When / Then
    assert definition(line) == ("living thing", "able to live")
    assert definition("  1 This software and database is being provided to you") is None
