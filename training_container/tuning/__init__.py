"""Fine-tuning inside a container that has no network."""

import library_environment  # noqa: F401  before any library that reads it
