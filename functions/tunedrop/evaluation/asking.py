"""Ask both models the test rows in parallel; stop when one answer cannot be obtained."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Literal

from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.rows import Row
from tunedrop.errors import EvaluationError, TunedropError

Model = Literal["base", "tuned"]
MODELS: tuple[Model, ...] = ("base", "tuned")

AskOne = Callable[[Model, Row], Answer]
Progress = Callable[[int, int], None]


def ask(
    rows: Sequence[Row],
    ask_one: AskOne,
    *,
    concurrency: int = 32,
    progress: Progress = lambda _done, _total: None,
    deadline_seconds: float | None = None,
) -> Answers:
    """Ask the base model and the tuned model every row.

    Each row is sent to both models in succession, so that a slow phase of the endpoint affects both
    alike. Long prompts go first: an endpoint answers its requests in batches, and prompts of like
    length leave little padding in a batch. A missing answer never counts as a wrong one; it ends
    the evaluation.

    Args:
        rows: the test rows.
        ask_one: sends a row's prompt to one model. It retries by itself; its errors are final.
        concurrency: the number of requests at the same time.
        progress: called in this thread after each answer with (answers so far, answers in all).
        deadline_seconds: stop with an error after this time.

    Raises:
        EvaluationError: there are no rows, the deadline has passed, or `ask_one` failed.
        TunedropError: raised by `ask_one`.
    """
    if not rows:
        raise EvaluationError(
            "There is no test row to ask the models.",
            "Drop more rows, or raise split.test in recipe.yaml.",
        )
    began = time.monotonic()
    with _pool(concurrency) as pool:
        found = _collected(pool, rows, ask_one, progress, deadline_seconds)
    return Answers(
        base=[found[index, "base"] for index in range(len(rows))],
        tuned=[found[index, "tuned"] for index in range(len(rows))],
        seconds=time.monotonic() - began,
    )


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Provide threads; requests that are under way at the end of the block end by themselves."""
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="ask")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _collected(
    pool: ThreadPoolExecutor,
    rows: Sequence[Row],
    ask_one: AskOne,
    progress: Progress,
    deadline_seconds: float | None,
) -> dict[tuple[int, Model], Answer]:
    """Return the answers by the position of the row and the model."""
    order = sorted(range(len(rows)), key=lambda index: _prompt_length(rows[index]), reverse=True)
    futures: dict[Future[Answer], tuple[int, Model]] = {
        pool.submit(ask_one, model, rows[index]): (index, model)
        for index in order
        for model in MODELS
    }
    found: dict[tuple[int, Model], Answer] = {}
    for future in _as_they_come(futures, found, deadline_seconds):
        index, model = futures[future]
        found[index, model] = _answer(future, rows[index], model)
        progress(len(found), len(futures))
    return found


def _prompt_length(row: Row) -> int:
    return sum(len(message.content) for message in row.prompt)


def _as_they_come(
    futures: dict[Future[Answer], tuple[int, Model]],
    found: dict[tuple[int, Model], Answer],
    deadline_seconds: float | None,
) -> Iterator[Future[Answer]]:
    try:
        yield from as_completed(futures, timeout=deadline_seconds)
    except TimeoutError:
        raise EvaluationError(
            f"Only {len(found)} of {len(futures)} answers had come when the evaluation's "
            f"{deadline_seconds:.0f} seconds were over.",
            f"Lower rows.max_test to {_affordable(len(found))} or generation.max_tokens in "
            "recipe.yaml, or choose a faster instance in deploy.instances; then drop the "
            "dataset again.",
        ) from None


def _affordable(answers: int) -> int:
    """Return how many rows can be asked in the same time, with a reserve of a fifth."""
    return max(1, int(answers / len(MODELS) * 0.8))


def _answer(future: Future[Answer], row: Row, model: Model) -> Answer:
    try:
        return future.result()
    except TunedropError:
        raise
    except Exception as error:
        raise EvaluationError(
            f"The {model} model could not be asked row {row.row}: {type(error).__name__}: {error}",
            "See the function's log for the full error; drop the dataset again to try once more.",
        ) from error
