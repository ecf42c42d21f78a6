"""Recipes of the end-to-end tests, without the base model, which `Cloud.drop` adds."""

HUB_MODEL, GATED_MODEL = "tests/of-the-hub", "tests/gated"

MLFLOW_SERVER = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-tracking-server/ours"
"""The server that the shared stack's recipes may name; localcloud has none."""

FAST = """
rows: {max_train: 16, max_validation: 8, max_test: 8}
hyperparameters: {epochs: 0.5, max_length: 256, evaluations_per_epoch: 1}
generation: {max_tokens: 4}
"""
"""A run of few rows, one step and short answers, for tests that do not look at the quality."""
