"""Prints the pip options that choose PyTorch's CPU build, where this machine needs no other.

On Linux the package index has PyTorch with CUDA (several GB), which only an NVIDIA GPU can use.
PyTorch's own index has a build for CPUs (200 MB). When it does not answer within seconds, nothing
is printed to standard output, and pip takes what the package index has. Runs before anything is
installed: standard library only.
"""

import os
import ssl
import sys
import threading
import urllib.request
from pathlib import Path

INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS = 5.0
"""For everything, name resolution included, which has no time limit of its own."""
NVIDIA = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/usr/lib/wsl/lib/libcuda.so.1")
"""One of them is present where the driver is; the last one in WSL."""
CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def main(index: str = INDEX) -> None:
    """Print the options, and to standard error what is chosen and why."""
    if sys.platform != "linux":
        return  # elsewhere the package index has no build with CUDA
    if any(Path(path).exists() for path in NVIDIA):
        say("This machine has an NVIDIA GPU: taking PyTorch with CUDA (several GB).")
    elif answers(f"{index}/torch/", SECONDS):
        say(f"No NVIDIA GPU here: taking PyTorch's build for CPUs from {index}.")
        print(f"--extra-index-url {index}", flush=True)
    else:
        say(
            f"No NVIDIA GPU here, but {index} does not answer: taking PyTorch from the package "
            "index, which may bring CUDA with it (several GB)."
        )


def answers(url: str, seconds: float) -> bool:
    """Whether the address can be read within this time; on a thread, so that nothing can hang."""
    found = threading.Event()

    def look() -> None:
        try:
            with urllib.request.urlopen(  # noqa: S310  # nosec B310 - the constant above, or a test's server
                url, timeout=seconds, context=trust()
            ) as answer:
                if answer.read(1):
                    found.set()
        except (OSError, ValueError):
            return

    thread = threading.Thread(target=look, name="index", daemon=True)
    thread.start()
    thread.join(seconds)
    return found.is_set()


def trust() -> ssl.SSLContext:
    """Trust the certificates that pip is told to trust."""
    files = [os.environ[name] for name in CERTIFICATES if os.environ.get(name)]
    return ssl.create_default_context(cafile=files[0] if files else None)


def say(line: str) -> None:
    """Tell the user; standard output belongs to pip's options."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
