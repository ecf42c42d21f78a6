"""The training job. Its container has no network."""

import library_environment  # noqa: F401  it must be imported before other libraries
