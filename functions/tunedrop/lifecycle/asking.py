"""Ask how a doubtful file is meant: the run waits, without a job, for a recipe that decides."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

from tunedrop.dataset.examining.question import question_about
from tunedrop.dataset.examining.shown_rows import without_private_data
from tunedrop.dataset.readers.open import open_parts
from tunedrop.dataset.readers.record import Table
from tunedrop.dataset.readers.source import SourceFile
from tunedrop.dataset.shapes.infer import find_shape
from tunedrop.dataset.shapes.wording import learns
from tunedrop.dataset.sizing.predict import text_head
from tunedrop.documents import keys
from tunedrop.documents.dataset import Columns
from tunedrop.documents.question import Question
from tunedrop.documents.run import Run
from tunedrop.errors import DatasetError
from tunedrop.lifecycle.step import Step
from tunedrop.ports.store import ExistsError
from tunedrop.recipe.schema import Recipe
from tunedrop.runs.repository import Held, encode

DAYS_TO_ANSWER = 14.0  # After these days without an answer, `sweep` ends the run.


class DoubtfulReading(Exception):  # noqa: N818 - no error: the preparation stops and asks
    """The file can be read in several ways; `question` has them."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.doubt)
        self.question = question


def consider(run: Run, table: Table, columns: Columns, recipe: Recipe) -> None:
    """Note how the file is read, before any row is examined.

    Raises:
        DoubtfulReading: the reading is doubtful, and the recipe does not decide.
    """
    run.learns, run.certainty = learns(columns), columns.certainty
    if columns.certainty == "doubtful":
        raise DoubtfulReading(question_about(table, columns, recipe))


def asks_by_head(held: Held, files: Sequence[SourceFile], recipe: Recipe, step: Step) -> bool:
    """Ask about a large drop before a job is started for it; False when there is no doubt.

    Only the head of the first file is read. A file whose head is not enough, such as a workbook, is
    considered by the job.
    """
    head = text_head(files[0])
    if head is None:
        return False
    with suppress(DatasetError), ExitStack() as resources:
        table = open_parts([head], resources)
        columns = find_shape(table, recipe).columns
        without_private_data(columns)
        try:
            consider(held.run, table, columns, recipe)
        except DoubtfulReading as doubtful:
            ask(held, doubtful.question, step)
            return True
    return False


def ask(held: Held, question: Question, step: Step) -> None:
    """Let a claimed run wait for an answer, and have the email sent that asks."""
    run, store = held.run, step.runs.store
    store.write(f"{run.folder}/{keys.QUESTION}", encode(question), "application/json")
    until = datetime.now(UTC) + timedelta(days=DAYS_TO_ANSWER)
    run.ask(until.isoformat(timespec="seconds"))
    step.runs.save(held)
    send_notice(run, step)


def send_notice(run: Run, step: Step) -> None:
    """Write the notice whose arrival has the run's email sent."""
    with suppress(ExistsError):
        step.runs.store.create(f"{run.folder}/{keys.notice(run.attempt)}", b"{}\n")
