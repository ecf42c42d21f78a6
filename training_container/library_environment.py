"""What the libraries read when they are first imported; `tuning` and `serving` import this first.

- The containers are network-isolated: without the offline switches the Hugging Face libraries would
  spend the first minutes in time-outs.
- OpenMP's threads spin while they wait. On a machine with other work to do they take the time from
  each other: on two busy cores a batch took 148 s spinning and 40 s sleeping.
"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
