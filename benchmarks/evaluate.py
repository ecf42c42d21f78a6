"""Compares ways to ask an endpoint the test rows: a loop, 64 threads of boto3, and Tunedrop.

    python benchmarks/evaluate.py [--answers 3200] [--rounds 3]

An endpoint that takes 100 ms for an answer and works on 64 requests at a time can give 640 answers
a second. A server that behaves so runs on a core of its own; each contender runs in a process of
its own on another core, in turns. The figures of a contender are its share of the endpoint's rate
(`ideal`) and the CPU time of an answer, imports and the first connection left out. The loop asks
one question after another, so its ideal is 10 answers a second. The last line is one JSON object
with the medians over the rounds.
"""

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

SECONDS, CAPACITY = 0.1, 64  # Of the endpoint: for an answer, and requests at the same time.
CONTENDERS = ("loop", "boto3_threads", "tunedrop")
LOOP_ANSWERS = 50  # The loop takes a tenth of a second for each.
PROMPT = "Is this tweet positive, negative or neutral? " + "a word of the tweet " * 10
REPLY = json.dumps(
    {
        "choices": [
            {"message": {"role": "assistant", "content": "positive"}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 60, "completion_tokens": 2},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
    REPLY
)


class Endpoint(asyncio.Protocol):
    """One connection to the endpoint; requests beyond the capacity wait for a place."""

    places: asyncio.Semaphore

    def __init__(self) -> None:
        self._data = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection (called by asyncio)."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request once it is complete (called by asyncio)."""
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end:
            return
        length = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        if len(body) >= length:
            self._data = body[length:]
            task = asyncio.get_running_loop().create_task(self._answer())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self) -> None:
        async with self.places:
            await asyncio.sleep(SECONDS)
        if not self._transport.is_closing():
            self._transport.write(HEAD + REPLY)


async def serve() -> None:
    """Serve until standard input ends; prints the port."""
    Endpoint.places = asyncio.Semaphore(CAPACITY)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Endpoint, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def payload() -> dict[str, Any]:
    """Return a chat as the evaluation sends it."""
    messages = [{"role": "user", "content": PROMPT}]
    return {"model": "tuned", "messages": messages, "max_tokens": 16, "temperature": 0, "seed": 1}


def client(port: int, connections: int) -> Any:
    """Return boto3's client of the endpoint."""
    import boto3  # noqa: PLC0415 - the server and the comparison do not need it
    from botocore.config import Config  # noqa: PLC0415

    return boto3.client(
        "sagemaker-runtime",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="a",
        aws_secret_access_key="b",  # noqa: S106 - the server reads no signature
        config=Config(max_pool_connections=connections, retries={"total_max_attempts": 1}),
    )


def invoke(runtime: Any) -> str:
    """Ask once with boto3; returns the answer's text."""
    answer = runtime.invoke_endpoint(
        EndpointName="e", ContentType="application/json", Body=json.dumps(payload()).encode()
    )
    text: str = json.loads(answer["Body"].read())["choices"][0]["message"]["content"]
    return text


def loop(port: int) -> Callable[[int], int]:
    """One question after another."""
    runtime = client(port, 1)
    return lambda answers: sum(invoke(runtime) == "positive" for _ in range(answers))


def boto3_threads(port: int) -> Callable[[int], int]:
    """64 threads with one client, as the first version would with twice its threads."""
    runtime = client(port, CAPACITY)
    pool = ThreadPoolExecutor(max_workers=CAPACITY)

    def ask(answers: int) -> int:
        return sum(text == "positive" for text in pool.map(invoke, [runtime] * answers))

    return ask


def tunedrop(port: int) -> Callable[[int], int]:
    """The product's own code: scheduling, retries, signatures, kept connections."""
    from botocore.credentials import Credentials  # noqa: PLC0415

    from tunedrop.aws.inference import EndpointInference  # noqa: PLC0415
    from tunedrop.documents.answers import Answer  # noqa: PLC0415
    from tunedrop.documents.rows import Message, Row  # noqa: PLC0415
    from tunedrop.evaluation.asking import AskingLimits  # noqa: PLC0415
    from tunedrop.evaluation.asking import ask as ask_all  # noqa: PLC0415
    from tunedrop.jobs.chat import chat_request  # noqa: PLC0415
    from tunedrop.recipe.schema import Recipe  # noqa: PLC0415

    recipe, runtime = Recipe(), client(port, 1)

    async def asked(rows: list[Row]) -> int:
        async with EndpointInference(runtime, Credentials("a", "b")) as inference:

            async def ask_one(model: str, row: Row) -> Answer:
                return await inference.chat("e", chat_request(recipe, model, row.prompt))

            found = await ask_all(rows, ask_one, limits=AskingLimits(concurrency=CAPACITY))
        return sum(each.text == "positive" for each in found.found.values())

    def ask(answers: int) -> int:
        prompt, gold = [Message("user", PROMPT)], [Message("assistant", "positive")]
        return asyncio.run(asked([Row(n, prompt, gold) for n in range(answers // 2)]))

    return ask


def measure(contender: str, port: int, answers: int) -> None:
    """Run one contender in this process; print its seconds and CPU seconds."""
    ask: Callable[[int], int] = globals()[contender](port)
    ask(CAPACITY if contender != "loop" else 2)  # imports, connections
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    right = ask(answers)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"answers": right, "seconds": seconds, "cpu": cpu}))


def on_core(core: int, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start this program on one core."""
    command = [sys.executable, __file__, "--core", str(core), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def compare(answers: int, rounds: int) -> dict[str, Any]:
    """Return the medians over the rounds, in which the contenders run in turns."""
    cores = sorted(os.sched_getaffinity(0))
    server = on_core(cores[0], "--serve", stdin=subprocess.PIPE)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    try:
        assert server.stdout is not None  # noqa: S101 - opened as a pipe
        port = server.stdout.readline().strip()
        for _ in range(rounds):
            for name in CONTENDERS:
                number = LOOP_ANSWERS if name == "loop" else answers
                found[name].append(_one(name, port, number, cores[-1]))
    finally:
        server.communicate("")
    return {name: _medians(name, each) for name, each in found.items()}


def _one(name: str, port: str, answers: int, core: int) -> dict[str, float]:
    process = on_core(core, "--run", name, port, str(answers))
    printed, _ = process.communicate()
    figures: dict[str, float] = json.loads(printed.splitlines()[-1])
    if figures["answers"] != answers:
        raise SystemExit(f"{name} got {figures['answers']} right answers of {answers}")
    return figures


def _medians(name: str, runs: list[dict[str, float]]) -> dict[str, float]:
    ideal = (1 if name == "loop" else CAPACITY) / SECONDS
    rates = [each["answers"] / each["seconds"] for each in runs]
    cpu = [1_000 * each["cpu"] / each["answers"] for each in runs]
    return {
        "answers_a_second": round(statistics.median(rates), 1),
        "share_of_ideal": round(statistics.median(rates) / ideal, 3),
        "cpu_ms_an_answer": round(statistics.median(cpu), 3),
    }


def last_line(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return the shares of the endpoint's rate and the CPU time of an answer."""
    return {
        "ratios": {name: each["share_of_ideal"] for name, each in figures.items()},
        "cpu_ms_an_answer": {name: each["cpu_ms_an_answer"] for name, each in figures.items()},
    }


def main() -> None:
    """Read the arguments and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=6_400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--run", nargs=3, metavar=("CONTENDER", "PORT", "ANSWERS"))
    arguments = parser.parse_args()
    if arguments.core is not None:
        os.sched_setaffinity(0, {arguments.core})
    if arguments.serve:
        asyncio.run(serve())
    elif arguments.run:
        name, port, answers = arguments.run
        measure(name, int(port), int(answers))
    else:
        figures = compare(arguments.answers, arguments.rounds)
        print(json.dumps(figures, indent=1))
        machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_version()}"
        print(json.dumps(last_line(figures) | {"machine": machine, "repeats": arguments.rounds}))


if __name__ == "__main__":
    main()
