"""One base model and its adapters behind the OpenAI chat shape, as SageMaker hosts it."""

import library_environment  # noqa: F401  before any library that reads it
