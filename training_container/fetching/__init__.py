"""Fetch a base model into the data bucket.

The variables below are read when huggingface_hub is first imported. Xet is a protocol of its own
for large files. The plain download is used, because it is the one that the tests prove.
"""

import os

os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
# Warnings would write addresses with signatures to the log.
os.environ["HF_HUB_VERBOSITY"] = "error"
