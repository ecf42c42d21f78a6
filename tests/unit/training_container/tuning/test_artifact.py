"""The report's loss curve: every validation loss, and no more points than a chart can show."""

from tuning.artifact import CURVE_POINTS, loss_curve


def test_loss_curve_of_a_long_history_keeps_validation_losses() -> None:
    # Given 1,000 training losses and two validation losses
    history = [{"step": step, "loss": 1 / step} for step in range(1, 1001)]
    history += [{"step": step, "eval_loss": 2 / step, "epoch": 1.0} for step in (500, 1000)]

    # When the curve is made
    curve = loss_curve(history)

    # Then both validation losses are in it, and few enough training losses
    assert [point for point in curve if "eval_loss" in point] == [
        {"step": 500, "eval_loss": 0.004},
        {"step": 1000, "eval_loss": 0.002},
    ]
    assert len(curve) <= CURVE_POINTS + 2
    assert [point["step"] for point in curve] == sorted(point["step"] for point in curve)


def test_loss_curve_without_losses_is_empty() -> None:
    assert loss_curve([{"step": 3, "train_runtime": 1.0}]) == []
