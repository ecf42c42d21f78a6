"""Failed runs and the problems of their rows, as the emails tell them."""

from tunedrop.documents.run import Run, Source
from tunedrop.errors import Problem


def failed_run(**known: object) -> Run:
    return Run(
        run="9f3a61c2d04e",
        dataset="tweets",
        generation=1,
        source=Source(
            "data", "datasets/tweets/tweets.csv", "v", "e", "c", 1, "2026-11-23T14:01:07Z"
        ),
        recipe_digest="0" * 64,
        created="2026-11-23T14:01:09Z",
        status="failed",
        **known,  # type: ignore[arg-type]
    )


def problem(rows: int, **other: str) -> Problem:
    words = {
        "meaning": "with a missing or empty value",
        "place": f"line {rows} of tweets.csv",
        "message": "The column label is empty.",
        "excerpt": "what a lovely day,",
        "fix": "Fill the value in, or leave the row out.",
    }
    return Problem(rows=rows, **{**words, **other})
