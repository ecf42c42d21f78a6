"""The geometry of the charts."""

import pytest

from tests.support.builders.evaluations import judge_labels
from tunedrop.documents.report import LossPoint
from tunedrop.report.charts import MAX_POINTS, difference_axis, loss_chart

HALVES = ["negative", "positive"] * 50


def test_the_difference_axis_has_zero_in_the_middle_and_ends_on_full_ten_points() -> None:
    judged = judge_labels(HALVES, ["?"] * 20 + HALVES[20:], HALVES)
    axis = difference_axis(judged.comparisons[0])  # +20 points, +13.3 to +28.9
    assert axis.bound == pytest.approx(0.3)
    assert axis.at(0) == "50.00%"
    assert axis.at(0.3) == "100.00%"
    assert axis.at(-0.15) == "25.00%"


def test_given_no_difference_then_the_axis_still_has_a_length() -> None:
    judged = judge_labels(HALVES, HALVES, HALVES)
    assert difference_axis(judged.comparisons[0]).bound == pytest.approx(0.1)


def test_the_loss_is_drawn_from_zero_so_that_a_small_fall_looks_small() -> None:
    chart = loss_chart(
        [LossPoint(10, loss=2.0), LossPoint(20, loss=1.0), LossPoint(20, eval_loss=1.5)]
    )
    assert chart is not None
    assert chart.top == pytest.approx(2.1)
    assert chart.training == "50.00,4.76 100.00,52.38"
    assert chart.validation == "100.00,28.57"
    assert (chart.first, chart.last, chart.best, chart.steps) == (2.0, 1.0, 1.5, 20)


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    chart = loss_chart([LossPoint(step, loss=1.0) for step in range(1, 5001)])
    assert chart is not None
    points = chart.training.split()
    assert len(points) <= MAX_POINTS + 1
    assert points[-1].startswith("100.00,")


@pytest.mark.parametrize("curve", [[], [LossPoint(1, loss=2.0)], [LossPoint(0, loss=2.0)] * 2])
def test_given_too_little_to_draw_then_there_is_no_chart(curve: list[LossPoint]) -> None:
    assert loss_chart(curve) is None
