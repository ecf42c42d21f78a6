"""The process of an emulated AWS with localcloud's SageMaker, which a test can kill.

    python aws_process.py '{"root": repository, "state_dir": …, "settings": {…}}'

It prints its endpoint URL, runs until its standard input closes, and then cleans up.
"""
# ruff: noqa: T201  # the process that started it reads what it prints

import json
import os
import sys
from pathlib import Path

options = json.loads(sys.argv[1])
sys.path.insert(0, options["root"])

from localcloud.aws.emulator import Emulator  # noqa: E402
from localcloud.aws.process_setup import EmulatorSettings  # noqa: E402
from localcloud.aws.server import free_port  # noqa: E402
from localcloud.sagemaker import Image, SageMakerSettings, start_sagemaker  # noqa: E402
from localcloud.sagemaker.container import PROCESSOR_LIMITS  # noqa: E402

for name in PROCESSOR_LIMITS:  # a test lists every variable that a program gets
    os.environ.pop(name, None)
programs = Path(__file__).parent / "programs"
images = {
    "tunedrop-training": Image(
        train=[sys.executable, str(programs / "train.py")],
        entrypoints={
            "process": lambda: [sys.executable, str(programs / "process.py")],
            "fetch": lambda: [sys.executable, options["root"] + "/training_container/fetch.py"],
        },
        environment={"LANG": "C.UTF-8", "FROM_DOCKERFILE": "image"},
    ),
    "vllm": Image(serve=[sys.executable, str(programs / "serve.py")]),
    "broken": Image(
        train=["/nonexistent/program"],
        serve=["/nonexistent/program"],
        entrypoints={"process": lambda: ["/nonexistent/program"]},
    ),
}
state_dir = Path(options["state_dir"])
emulator = Emulator(EmulatorSettings(state_dir=state_dir, port=free_port()))
service = start_sagemaker(
    emulator,
    SageMakerSettings(state_dir=state_dir / "sagemaker", images=images, **options["settings"]),
)
emulator.start()
print(emulator.endpoint_url, flush=True)
sys.stdin.read()
service.close()
emulator.stop()
