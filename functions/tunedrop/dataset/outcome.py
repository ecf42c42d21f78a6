"""The results of preparation, as findings, warnings and dataset.json."""

import msgspec

from tunedrop.dataset.cautions import (
    about_encodings,
    about_group,
    about_skipped,
    about_unused,
    warnings_of,
)
from tunedrop.dataset.checks.label_names import slips
from tunedrop.dataset.checks.language import note_languages
from tunedrop.dataset.examining.shown_rows import first_rows
from tunedrop.dataset.shapes.content import LONGEST_LABEL, MOST_LABELS
from tunedrop.dataset.shapes.wording import learns
from tunedrop.dataset.splits.assignment import SplitAssignment
from tunedrop.dataset.splits.columns import RowColumns
from tunedrop.dataset.splits.conflicts import prompts_with_several_answers
from tunedrop.dataset.splits.write import Written
from tunedrop.documents.dataset import (
    ANSWER_TASKS,
    LIKELIHOOD_TASKS,
    Columns,
    Dataset,
    Place,
    RowCounts,
    TokenStatistics,
)
from tunedrop.errors import DatasetError
from tunedrop.recipe.schema import Recipe

FEWEST_ROWS = 3  # One row each for training, validation and test.


class Preparation(msgspec.Struct):
    """All results of the preparation of one drop."""

    name: str
    format: str
    columns: Columns
    row_columns: RowColumns
    assignment: SplitAssignment
    written: Written
    tokens: TokenStatistics
    languages: dict[str, int] = {}
    skipped: list[str] = []
    guessed: list[str] = []

    @property
    def rows(self) -> RowCounts:
        """How many rows went where."""
        splits = self.written.splits
        return RowCounts(
            source=self.row_columns.rows,
            train=splits["train"].rows,
            validation=splits["validation"].rows,
            test=splits["test"].rows,
            rejected=self.row_columns.rejects.total(),
            duplicates=self.row_columns.duplicates + self.written.leaks,
            not_sampled=self.written.not_sampled,
        )

    def refuse_unusable(self, recipe: Recipe) -> None:
        """Raise when the rows cannot be used for training.

        Raises:
            DatasetError: too few rows, or rows that are not for the recipe's task.
        """
        splits = self.written.splits
        usable = sum(split.rows for split in splits.values())
        shares = {"validation": recipe.split.validation, "test": recipe.split.test, "train": 1.0}
        if usable < FEWEST_ROWS:
            raise self._too_few(usable)
        self._refuse_labels(recipe)
        self._refuse_other_task(recipe)
        empty = [name for name, share in shares.items() if share and not splits[name].rows]
        if empty:
            raise DatasetError(
                f"{self.name} has no rows for {', '.join(empty)}: its {usable} usable rows "
                "belong to too few groups or labels.",
                "Add rows that differ, or write `split: {group_by: off}` into recipe.yaml.",
                self.row_columns.rejects.problems(self.name),
            )

    def _refuse_other_task(self, recipe: Recipe) -> None:
        """Raise when the recipe names a task for which the rows have another form."""
        wanted, found = recipe.task, self.assignment.task
        if wanted == "auto" or not {wanted, found} & LIKELIHOOD_TASKS or wanted == found:
            return
        raise DatasetError(
            f"recipe.yaml says task: {wanted}, and the rows of {self.name} are for {found}: "
            f"{self.columns.why}",
            f"Take task out of recipe.yaml, or name the columns for {wanted} under columns.",
        )

    def _refuse_labels(self, recipe: Recipe) -> None:
        """Raise for a classification without labels, with too many, or with a single one."""
        task, labels = self.assignment.task, self.assignment.labels
        name_it = "Name the label's column in recipe.yaml"
        if task == "classification" and len(labels) == 1:
            raise DatasetError(
                f"Every usable row of {self.name} has the same label, {labels[0]!r}: there is "
                "nothing to learn.",
                "Add rows with other labels, or name another column in recipe.yaml: "
                "columns: {label: …}.",
                self.row_columns.rejects.problems(self.name),
            )
        if recipe.task != "classification" or task == "classification":
            return
        if task != "generation":
            raise DatasetError(
                f"{self.name} has no column of labels for a classification: {self.columns.why}",
                f"{name_it}: columns: {{text: …, label: …}}.",
            )
        raise DatasetError(
            f"{self.name} has more than {MOST_LABELS} different answers, or longer ones than "
            f"{LONGEST_LABEL} characters: too many for a classification.",
            f"{name_it}, or set task: generation.",
        )

    def _too_few(self, usable: int) -> DatasetError:
        rows = self.rows
        return DatasetError(
            f"{self.name} has {usable} usable rows; at least {FEWEST_ROWS} are needed. "
            f"Of its {rows.source:,} rows, {rows.rejected:,} were rejected and {rows.duplicates:,} "
            "are duplicates.",
            "Correct the rows or add more, then drop the file again."
            if rows.rejected
            else "Add rows that differ from each other, then drop the file again.",
            self.row_columns.rejects.problems(self.name),
        )

    def note_findings(self) -> None:
        """Add the findings that need all rows."""
        findings, assignment = self.row_columns.findings, self.assignment
        self.languages = note_languages(self.row_columns.spoken, findings)
        findings.add_rows("leakage", self.written.leaks + assignment.leaks_kept)
        if assignment.is_classification:
            findings.take(self.row_columns.disagreements)
            for spelling, label in assignment.spellings.items():
                findings.add_place("label_spelling", Place(0, excerpt=f"{spelling} → {label}"))
            for slip in slips(assignment.label_counts or {}):
                excerpt = f"{slip.label} ({slip.rows}): {slip.meant}?"
                findings.add_place("label_slip", Place(0, excerpt=excerpt))
                findings.add_rows("label_slip", slip.rows - 1)
        elif assignment.task in ANSWER_TASKS:
            findings.add_rows("several_answers", prompts_with_several_answers(self.row_columns))

    def described(self, dataset: str, run: str, source_uri: str) -> Dataset:
        """Return dataset.json."""
        rows, reasons = self.rows, dict(self.row_columns.rejects.reasons.most_common())
        return Dataset(
            version=1,
            dataset=dataset,
            run=run,
            source=source_uri,
            format=self.format,
            task=self.assignment.task,
            columns=self.columns,
            rows=rows,
            rejected_reasons=reasons,
            labels=self.assignment.labels,
            system=self.assignment.system,
            splits=self.written.splits,
            tokens=self.tokens,
            warnings=[
                *about_encodings(self.guessed),
                *about_unused(self.columns),
                *about_group(self.columns),
                *warnings_of(self.assignment, rows, reasons, self.row_columns.scattered),
                *about_skipped(self.skipped),
            ],
            findings=self.row_columns.findings.listed(),
            languages=self.languages,
            learns=learns(self.columns),
            examples=first_rows(self.written.head, labelled=self.assignment.is_classification),
        )
