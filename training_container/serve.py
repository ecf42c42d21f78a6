#!/usr/bin/env python3
"""Serve one base model and its adapters as a SageMaker endpoint with OpenAI's chat API.

The program reads the settings and paths of AWS's vLLM image, on any machine: the variables
SM_VLLM_… of the environment, the base model in /opt/ml/model, and the adapters in the folders that
SM_VLLM_LORA_MODULES names. In the image it is the program `serve`. Elsewhere, with the folders of
/opt/ml made in `ml`:

    SAGEMAKER_BASE_DIR=ml SM_VLLM_PORT=8080 python training_container/serve.py
"""

import json
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from container_folders import ContainerFolders
from serving.batching import BatchQueue
from serving.http_server import ChatServer
from serving.served_model import ServedModel
from serving.settings import ServingSettings, SettingsError, not_obeyed


def main() -> int:
    """Load the model, then answer until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # process 1 ignores SIGTERM by default
    try:
        folders = ContainerFolders.from_environment(os.environ)
        settings = ServingSettings.from_environment(os.environ, folders)
        model = ServedModel(settings)
    except SettingsError as error:
        log_line(event="failed", reason=str(error))
        return 1
    if ignored := not_obeyed(os.environ):
        log_line(event="ignored", settings=ignored)
    answer_until_stopped(settings, model)
    return 0


def answer_until_stopped(settings: ServingSettings, model: ServedModel) -> None:
    """Open the port, once the model is loaded, and answer until SIGTERM.

    SageMaker's first health check must succeed, so the port is not open before.
    """
    queue = BatchQueue(model.answer, max_batch=settings.max_batch, on_batch=log_batch)
    with ChatServer((settings.host, settings.port), model, queue) as server:

        def stop(_signal: int, _frame: FrameType | None) -> None:
            # shutdown() waits for serve_forever() to end, which this thread is running
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        log_line(event="ready", models=model.names, port=server.server_port)
        server.serve_forever(poll_interval=0.1)
        queue.stop()
    log_line(event="stopped", reason="SIGTERM")


def log_batch(**figures: Any) -> None:
    """Log the size and the duration of a batch."""
    log_line(event="batch", **figures)


def log_line(**fields: Any) -> None:
    """Print one line of the log."""
    print(json.dumps(fields), flush=True)  # noqa: T201  standard output is the log


if __name__ == "__main__":
    sys.exit(main())
