"""The stages of a run, and where following one may stop."""

STAGES = ("prepare", "train", "deploy", "evaluate")
UNTIL = {"prepared": "prepare", "trained": "train", "deployed": "deploy", "evaluated": "evaluate"}
