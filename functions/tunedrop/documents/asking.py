"""How the models were asked: latency, speed, endings and cost of their answers."""

import msgspec


class ModelSpeed(msgspec.Struct):
    """How fast one model answered, and how its answers ended.

    `median_seconds` and `p95_seconds` are times of one answer, its waiting included;
    `tokens_a_second` are those that one answer got. `stopped` answers ended by themselves,
    `truncated` ones reached `generation.max_tokens`. `share_of_time` is the model's share of the
    time of all answers.
    """

    answers: int
    median_seconds: float
    p95_seconds: float
    tokens_a_second: float | None
    stopped: int
    truncated: int
    share_of_time: float


class Asking(msgspec.Struct):
    """How the models were asked; `seconds` is the wall-clock time for both together.

    `instance` is the endpoint's type and `hourly_usd` its price, None where it is unknown.
    """

    answers: int
    seconds: float
    prompt_tokens: int
    completion_tokens: int
    models: dict[str, ModelSpeed] = {}
    instance: str | None = None
    hourly_usd: float | None = None

    def usd_a_thousand(self, model: str) -> float | None:
        """Return what 1,000 answers of a model cost, in US dollars; None without a price."""
        if self.hourly_usd is None:
            return None
        speed = self.models[model]
        seconds = self.seconds * speed.share_of_time / speed.answers
        return self.hourly_usd / 3600 * seconds * 1000
