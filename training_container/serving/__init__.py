"""The endpoint: one base model and its adapters, asked in the form of OpenAI's chat API."""

import library_environment  # noqa: F401  it must be imported before other libraries
