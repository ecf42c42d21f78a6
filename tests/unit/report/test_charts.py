"""The geometry of the charts."""

import pytest

from tests.support.builders.evaluations import judge_labels
from tunedrop.documents.report import LossPoint
from tunedrop.report.charts import MAX_POINTS, difference_axis, loss_chart

HALVES = ["negative", "positive"] * 50


def test_the_difference_axis_is_centred_on_zero_and_ends_on_ten_points() -> None:
    # Given
    judged = judge_labels(HALVES, ["?"] * 20 + HALVES[20:], HALVES)

    # When
    axis = difference_axis(judged.comparisons[0])  # +20 points, +13.3 to +28.9

    # Then
    assert axis.bound == pytest.approx(0.3)
    assert axis.at(0) == "50.00%"
    assert axis.at(0.3) == "100.00%"
    assert axis.at(-0.15) == "25.00%"


def test_the_axis_of_no_difference_has_a_length() -> None:
    # When
    judged = judge_labels(HALVES, HALVES, HALVES)

    # Then
    assert difference_axis(judged.comparisons[0]).bound == pytest.approx(0.1)


def test_the_loss_axis_starts_at_zero() -> None:
    # When
    chart = loss_chart(
        [LossPoint(10, loss=2.0), LossPoint(20, loss=1.0), LossPoint(20, eval_loss=1.5)]
    )

    # Then
    assert chart is not None
    assert chart.top == pytest.approx(2.1)
    assert chart.training == "50.00,4.76 100.00,52.38"
    assert chart.validation == "100.00,28.57"
    assert (chart.first, chart.last, chart.best, chart.steps) == (2.0, 1.0, 1.5, 20)


def test_a_long_curve_is_thinned_and_keeps_its_last_point() -> None:
    # When
    chart = loss_chart([LossPoint(step, loss=1.0) for step in range(1, 5001)])

    # Then
    assert chart is not None
    points = chart.training.split()
    assert len(points) <= MAX_POINTS + 1
    assert points[-1].startswith("100.00,")


@pytest.mark.parametrize("curve", [[], [LossPoint(1, loss=2.0)], [LossPoint(0, loss=2.0)] * 2])
def test_a_curve_of_fewer_than_two_steps_has_no_chart(curve: list[LossPoint]) -> None:
    assert loss_chart(curve) is None
