"""The report shows every trial: of a tuning, and of the learning rates that a job tried first."""

from msgspec.structs import replace

from tests.support.builders.reports import tweets_report
from tunedrop.documents.trials import Probe, Trial, Trials
from tunedrop.report.charts import trial_bars, worth_in_words
from tunedrop.report.page import render_page

EVIL = "<script>alert(1)</script>"


def trial(number: int, loss: float | None, reason: str | None = None) -> Trial:
    status = "Failed" if reason else "Completed"
    return Trial(number, f"job-{number}", status, {"lora_rank": "8"}, loss, 61.0, reason)


def test_bars_are_as_long_as_the_losses() -> None:
    # When
    bars = trial_bars(Trials(2, [trial(1, 0.8), trial(2, 0.2), trial(3, None, "no")]))

    # Then
    assert [bar.percent for bar in bars] == [100, 25, 0]
    assert [bar.style for bar in bars] == ["base", "tuned", "base"]


def test_the_worth_is_told_against_the_first_trial() -> None:
    assert "75.0% less than the first trial's 0.8" in worth_in_words(
        Trials(2, [trial(1, 0.8), trial(2, 0.2)])
    )
    assert "gained nothing" in worth_in_words(Trials(1, [trial(1, 0.1), trial(2, 0.2)]))
    assert "no loss to compare with" in worth_in_words(
        Trials(2, [trial(1, None, "no"), trial(2, 0.2)])
    )


def test_the_page_has_a_picture_and_a_table_of_all_trials() -> None:
    # Given
    trials = Trials(2, [trial(1, 0.8), trial(2, 0.2), trial(3, None, EVIL)])

    # When
    page = render_page(replace(tweets_report(), trials=trials))

    # Then
    assert page.count('aria-label="Validation loss of trial') == 2
    assert page.count("<td>lora rank 8</td>") == 3
    assert EVIL not in page
    assert "1 min 1 s" in page


def test_a_report_without_tuning_has_no_trials() -> None:
    assert "trials of the tuning" not in render_page(tweets_report())


def test_the_page_shows_the_rates_that_were_tried_first() -> None:
    # Given
    trials = Trials(2, [trial(1, 0.8), trial(2, 0.2), trial(3, None, EVIL)])
    probe = Probe(5.2e-4, "probe", "the best of 3 rates that were tried first", 95.0, trials)

    # When
    page = render_page(replace(tweets_report(), probe=probe))

    # Then
    assert "Learning rates that were tried first" in page
    assert "The model was trained with 0.00052: the best of 3 rates" in page
    assert "1 min 35 s together" in page
    assert page.count('aria-label="Validation loss of trial') == 2
    assert "All trials of the tuning" not in page
    assert EVIL not in page


def test_without_trials_no_rates_are_shown() -> None:
    # Given a job that was to try rates and did not
    probe = Probe(1.3e-3, "rule", "the training takes about 4.0 min")

    # Then
    page = render_page(replace(tweets_report(), probe=probe))
    assert "tried first" not in page
