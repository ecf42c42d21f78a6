"""A package holds what `sam build` would put there, and is built again only when it must be."""

import importlib.util
import zipfile
from pathlib import Path

import pytest

from localcloud.service import LocalCloudError
from localcloud.stack import package
from localcloud.stack.package import build_layer, build_package


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "functions"
    (folder / "prepare" / "__pycache__").mkdir(parents=True)
    (folder / "prepare" / "app.py").write_text("NAME = 'prepare'\n", encoding="utf-8")
    (folder / "prepare" / "__pycache__" / "stale.pyc").write_bytes(b"old")
    (folder / "prepare" / "page.html").write_text("<p>", encoding="utf-8")
    return folder


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as packed:
        return set(packed.namelist())


def compiled(path: str) -> str:
    return importlib.util.cache_from_source(path)


def test_given_sources_when_built_then_they_are_there_with_byte_code_and_nothing_stale(
    sources: Path, tmp_path: Path
) -> None:
    archive = build_package(sources, tmp_path / "build")

    assert names(archive) == {
        *("prepare/app.py", "prepare/page.html"),
        compiled("prepare/app.py"),
    }
    with zipfile.ZipFile(archive) as packed:
        flags = packed.read(compiled("prepare/app.py"))[4]
    assert flags == 1  # PEP 552: by hash, and never checked against the source


def test_given_a_layer_when_built_then_everything_is_below_python(
    sources: Path, tmp_path: Path
) -> None:
    archive = build_layer(sources, tmp_path / "build")

    assert all(name.startswith("python/") for name in names(archive))


def test_given_nothing_changed_when_built_again_then_the_same_archive_is_taken(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = build_package(sources, tmp_path / "build")
    monkeypatch.setattr(package, "_compile", None)

    assert build_package(sources, tmp_path / "build") == archive


def test_given_a_changed_source_when_built_again_then_nothing_is_installed_again(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = []

    def install(_requirements: Path, target: Path) -> None:
        installed.append(target)
        (target / "library.py").write_text("", encoding="utf-8")

    monkeypatch.setattr(package, "_install", install)
    (sources / "requirements.txt").write_text("library==1\n", encoding="utf-8")
    first = build_package(sources, tmp_path / "build")
    (sources / "prepare" / "app.py").write_text("NAME = 'changed'\n", encoding="utf-8")
    second = build_package(sources, tmp_path / "build")

    assert len(installed) == 1
    assert first != second
    assert not first.exists()  # only the newest is kept
    assert {"library.py", compiled("library.py")} <= names(second)
    with zipfile.ZipFile(second) as packed:
        assert b"changed" in packed.read("prepare/app.py")


def test_given_a_requirement_that_is_none_when_built_then_the_error_names_the_file(
    sources: Path, tmp_path: Path
) -> None:
    (sources / "requirements.txt").write_text("this is no requirement\n", encoding="utf-8")

    with pytest.raises(LocalCloudError, match=r"pip could not install .*requirements\.txt"):
        build_package(sources, tmp_path / "build")


def test_given_a_build_that_was_killed_when_built_again_then_it_is_whole(
    sources: Path, tmp_path: Path
) -> None:
    archive = build_package(sources, tmp_path / "build")
    whole = archive.read_bytes()
    archive.rename(archive.with_suffix(".partial"))
    archive.with_suffix(".partial").write_bytes(whole[:100])
    staging = tmp_path / "build" / f"{archive.stem}.staging"
    staging.mkdir()
    (staging / "left_behind.py").write_text("", encoding="utf-8")

    assert build_package(sources, tmp_path / "build").read_bytes() == whole
