"""Summarises dataset.json for `--until prepared`: how the file was read and split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.cli.time_left import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.cli.run_documents import Document

LABELS_SHOWN = 20
"""More labels than this are only counted."""
SHOWN_CHARACTERS = 120
"""Longer texts of example rows are cut."""
ROW_NAMES = ("in", "train", "validation", "test", "rejected", "duplicates", "not_sampled")
TITLES = {"not_sampled": "not sampled"}


def dataset_text(dataset: Document) -> str:
    """Return what was found in the file and where its rows went, in one line each."""
    return "\n".join(
        f"{title + ':':<11} {text}" if title else f"{'':<11} {text}"
        for title, text in _lines(dataset)
    )


def _lines(dataset: Document) -> Iterator[tuple[str, str]]:
    yield from _reading(dataset)
    yield "rows", _counted({TITLES.get(n, n): dataset["rows"][n] for n in ROW_NAMES})
    if reasons := dataset["rejected_reasons"]:
        yield "rejected", _counted(reasons)
    if labels := dataset["splits"]["train"].get("labels"):
        yield "labels", _labels(labels)
    if system := dataset.get("system"):
        yield "system", repr(system)
    if languages := dataset.get("languages"):
        yield "languages", _counted(languages)
    for row in dataset.get("examples", []):
        texts = (f"{each['name']}: {_cut(each['text'])}" for each in row["texts"])
        yield f"row {row['row']}", " | ".join(texts)
    yield "tokens", _tokens(dataset["tokens"])
    if estimate := dataset.get("estimate"):
        yield "training", _estimate(estimate)
    for finding in dataset.get("findings", []):
        yield "found", f"{finding['check']} in {finding['rows']:,} rows: {finding['meaning']}"
    for warning in dataset["warnings"]:
        yield "warning", warning


def _reading(dataset: Document) -> Iterator[tuple[str, str]]:
    """How the columns were read, how sure that is, and what is not used."""
    columns = dataset["columns"]
    yield "read as", f"{dataset['format']}, {columns['shape']}, for {dataset['task']}"
    roles = ", ".join(f"{role} = {name!r}" for role, name in columns["mapping"].items())
    if roles:
        yield "columns", roles
    yield "", columns["why"]
    certainty, doubt = columns.get("certainty", "certain"), columns.get("doubt")
    yield "certainty", f"{certainty}: {doubt}" if doubt else certainty
    if learns := dataset.get("learns"):
        yield "", learns
    if unused := columns.get("unused"):
        yield "not used", "; ".join(f"{each['name']} ({each['example']!r})" for each in unused)


def _cut(text: str) -> str:
    """The beginning of a text, as one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items())


def _labels(rows: Mapping[str, int]) -> str:
    """The most frequent labels of the training rows, with their numbers of rows."""
    commonest = sorted(rows.items(), key=lambda item: -item[1])
    more = len(commonest) - LABELS_SHOWN
    shown = _counted(dict(commonest[:LABELS_SHOWN]))
    return f"{shown} and {more} more" if more > 0 else shown


def _tokens(tokens: Mapping[str, Any]) -> str:
    how = "estimated from characters" if tokens["method"] == "characters" else "of the base model"
    return (
        f"{tokens['total']:,} in the training rows ({how}): {tokens['mean']:g} a row, "
        f"{tokens['longest']:,} in the longest"
    )


def _estimate(estimate: Mapping[str, Any]) -> str:
    """The price and duration of the training on AWS."""
    low, high = (duration(estimate[f"{end}_hours"] * 3600) for end in ("low", "high"))
    return (
        f"on AWS {estimate['low_usd']:.2f} to {estimate['high_usd']:.2f} USD, {low} to {high} on "
        f"{estimate['instance']}; nothing is charged here"
    )
