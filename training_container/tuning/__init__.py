"""Fine-tuning inside a container that has no network.

The Hugging Face libraries read these variables when they are first imported, and this package is
imported before them: a network-isolated job would otherwise spend its first minutes in time-outs.
"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
