"""Which build of PyTorch `make install` takes; an index that never answers does not stop it."""

import importlib.util
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / ".ci" / "pytorch_index.py"


class Index(BaseHTTPRequestHandler):
    """An index that has PyTorch."""

    def do_GET(self) -> None:  # the method of the standard library's handler
        found = self.path == "/cpu/torch/"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(b"<a href='torch-2.13.0+cpu.whl'></a>")

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, on a Linux machine without a GPU and without a proxy."""
    specification = importlib.util.spec_from_file_location("pytorch_index", PROGRAM)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "NVIDIA", ())
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return module


@pytest.fixture
def index() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/cpu"
    server.shutdown()
    thread.join()
    server.server_close()


def test_pip_uses_the_cpu_index_when_it_answers_and_there_is_no_gpu(
    program: ModuleType, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # When
    program.main(index)

    # Then
    printed = capsys.readouterr()

    assert printed.out == f"--extra-index-url {index}\n"
    assert f"taking PyTorch's build for CPUs from {index}" in printed.err


def test_pip_uses_the_package_index_when_the_cpu_index_does_not_answer(
    program: ModuleType, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # When
    program.main(f"{index}/elsewhere")

    # Then
    printed = capsys.readouterr()

    assert printed.out == ""
    assert "does not answer: taking PyTorch from the package index" in printed.err


def test_a_server_that_never_answers_counts_as_unavailable(program: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert not program.answers(f"http://127.0.0.1:{port}/cpu/torch/", 0.2)


def test_a_name_server_that_never_answers_counts_as_unavailable(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a step that has no time limit, as looking up a name has none
    ended = threading.Event()

    def never_answers(*_: object, **__: object) -> None:
        ended.wait(60)
        raise TimeoutError

    monkeypatch.setattr(program.urllib.request, "urlopen", never_answers)

    # Then it counts as unavailable
    assert not program.answers("http://127.0.0.1:1/cpu/torch/", 0.2)
    (asking,) = [thread for thread in threading.enumerate() if thread.name == "index"]
    assert asking.daemon, "it must not keep the program alive either"
    ended.set()
    asking.join()


def test_pytorch_with_cuda_is_installed_on_a_machine_with_a_gpu(
    program: ModuleType,
    index: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Given
    monkeypatch.setattr(program, "NVIDIA", (str(tmp_path),))

    # When
    program.main(index)

    # Then
    printed = capsys.readouterr()

    assert printed.out == ""
    assert "taking PyTorch with CUDA" in printed.err


def test_macos_asks_no_index_and_prints_nothing(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    monkeypatch.setattr(program.sys, "platform", "darwin")
    monkeypatch.setattr(program, "answers", lambda *_: pytest.fail("an index was asked"))

    # When
    program.main()

    # Then
    printed = capsys.readouterr()

    assert (printed.out, printed.err) == ("", "")
