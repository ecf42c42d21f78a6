"""Hyperparameter tuning jobs: several training jobs with values that a sampler chooses."""
