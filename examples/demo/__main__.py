"""`python -m examples.demo [options of localcloud run]`: prepare the demo, then run it.

The tweets are dropped as they are, with the recipe of examples/tweets. Options are handed on:
`--force` makes a new run of the same content, `--until trained` stops earlier.
"""

from __future__ import annotations

import sys
from pathlib import Path

from examples.demo.prepare_demo import prepare
from localcloud.__main__ import main

FOLDER = Path(".local/demo")
MODEL_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
RECIPE = Path(__file__).parents[1] / "tweets" / "recipe.yaml"

if __name__ == "__main__":
    model, tweets = prepare(FOLDER)
    demo = ["run", str(tweets), "--recipe", str(RECIPE), "--model", f"{MODEL_ID}={model}"]
    sys.exit(main([*demo, *sys.argv[1:]]))
