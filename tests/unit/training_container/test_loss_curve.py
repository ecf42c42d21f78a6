"""The report's loss curve: every validation loss, and not more points than a chart can show."""

from tuning.artifact import CURVE_POINTS, loss_curve


def test_given_a_long_history_when_thinned_then_no_validation_loss_is_lost() -> None:
    history = [{"step": step, "loss": 1 / step} for step in range(1, 1001)]
    history += [{"step": step, "eval_loss": 2 / step, "epoch": 1.0} for step in (500, 1000)]

    curve = loss_curve(history)

    assert [point for point in curve if "eval_loss" in point] == [
        {"step": 500, "eval_loss": 0.004},
        {"step": 1000, "eval_loss": 0.002},
    ]
    assert len(curve) <= CURVE_POINTS + 2
    assert [point["step"] for point in curve] == sorted(point["step"] for point in curve)


def test_given_nothing_logged_when_drawn_then_the_curve_is_empty() -> None:
    assert loss_curve([{"step": 3, "train_runtime": 1.0}]) == []
