"""Lets containers reach a server that listens on 127.0.0.1 only."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.sam_local.image import architecture

IMAGE = "public.ecr.aws/lambda/python:3.13-{}"
LOOK = "import socket; print(socket.gethostbyname('host'))"


def gateway(environment: dict[str, str]) -> str:
    """Return the IP address at which a container reaches this machine.

    A name would not do: S3 clients would put the bucket's name in front of it.
    """
    command = ["docker", "run", "--rm", "--add-host", "host:host-gateway", "--entrypoint"]
    command += ["/var/lang/bin/python3", IMAGE.format(architecture()), "-c", LOOK]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@contextmanager
def forwarded(url: str, environment: dict[str, str]) -> Iterator[str]:
    """Forward from the gateway to the server of a URL; gives the address for containers.

    Docker Desktop forwards by itself: there nothing can listen at the gateway, nor needs to.
    """
    port = urlsplit(url).port
    assert port
    host = gateway(environment)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = asyncio.run_coroutine_threadsafe(_serve(host, port), loop)
    with suppress(OSError):
        serving.result()
    try:
        yield f"{host}:{port}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _serve(host: str, port: int) -> asyncio.Server:
    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))

    return await asyncio.start_server(connect, host, port)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
