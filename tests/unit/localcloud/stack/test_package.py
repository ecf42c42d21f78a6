"""A package has the same content as that of `sam build`, and is only built after a change."""

import importlib.util
import sys
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


def test_a_package_has_sources_and_current_byte_code_only(sources: Path, tmp_path: Path) -> None:
    # When
    archive = build_package(sources, tmp_path / "build")

    # Then
    assert names(archive) == {
        *("prepare/app.py", "prepare/page.html"),
        compiled("prepare/app.py"),
    }
    with zipfile.ZipFile(archive) as packed:
        flags = packed.read(compiled("prepare/app.py"))[4]
    assert flags == 1  # PEP 552: by hash, and never checked against the source


def test_a_layer_has_everything_below_python(sources: Path, tmp_path: Path) -> None:
    # When
    archive = build_layer(sources, tmp_path / "build")

    # Then
    assert all(name.startswith("python/") for name in names(archive))


def test_unchanged_sources_are_not_built_again(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    archive = build_package(sources, tmp_path / "build")
    monkeypatch.setattr(package, "_compile", None)  # to build again would fail

    # Then
    assert build_package(sources, tmp_path / "build") == archive


def test_a_changed_source_does_not_install_requirements_again(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    installed = []

    def install(_requirements: Path, target: Path) -> None:
        installed.append(target)
        (target / "library.py").write_text("", encoding="utf-8")

    monkeypatch.setattr(package, "_install", install)
    (sources / "requirements.txt").write_text("library==1\n", encoding="utf-8")
    first = build_package(sources, tmp_path / "build")

    # When
    (sources / "prepare" / "app.py").write_text("NAME = 'changed'\n", encoding="utf-8")
    second = build_package(sources, tmp_path / "build")

    # Then
    assert len(installed) == 1
    assert first != second
    assert not first.exists()  # only the newest is kept
    assert {"library.py", compiled("library.py")} <= names(second)
    with zipfile.ZipFile(second) as packed:
        assert b"changed" in packed.read("prepare/app.py")


def test_an_invalid_requirement_is_an_error_with_the_file(sources: Path, tmp_path: Path) -> None:
    # Given
    (sources / "requirements.txt").write_text("this is no requirement\n", encoding="utf-8")

    # Then
    with pytest.raises(LocalCloudError, match=r"pip could not install .*requirements\.txt"):
        build_package(sources, tmp_path / "build")


def test_a_package_is_complete_after_a_killed_build(sources: Path, tmp_path: Path) -> None:
    # Given
    archive = build_package(sources, tmp_path / "build")
    whole = archive.read_bytes()
    archive.rename(archive.with_suffix(".partial"))
    archive.with_suffix(".partial").write_bytes(whole[:100])
    staging = tmp_path / "build" / f"{archive.stem}.staging"
    staging.mkdir()
    (staging / "left_behind.py").write_text("", encoding="utf-8")

    # Then
    assert build_package(sources, tmp_path / "build").read_bytes() == whole


def test_a_makefile_makes_the_package_and_pip_is_not_used(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("MAKEFLAGS", "--dry-run")  # of a make that starts localcloud
    monkeypatch.setattr(package, "_install", None)  # to use pip would fail
    (sources / "requirements.txt").write_text("library==1\n", encoding="utf-8")
    (sources / "Makefile").write_text(
        "requirements:\n\techo $(LAMBDA_PYTHON) > $(ARTIFACTS_DIR)/python\n"
        "sources:\n\tcp prepare/app.py $(ARTIFACTS_DIR)/app.py\n",
        encoding="utf-8",
    )

    # When
    archive = build_package(sources, tmp_path / "build")

    # Then
    assert names(archive) == {"python", "app.py"}
    with zipfile.ZipFile(archive) as packed:
        assert packed.read("python").decode().strip() == sys.executable


def test_a_layer_with_a_makefile_has_the_folders_that_it_makes(
    sources: Path, tmp_path: Path
) -> None:
    # Given
    rule = (
        "requirements:\n\tmkdir $(ARTIFACTS_DIR)/python; echo > $(ARTIFACTS_DIR)/python/words.py\n"
    )
    (sources / "Makefile").write_text(rule, encoding="utf-8")

    # Then
    assert names(build_layer(sources, tmp_path / "build")) == {"python/words.py"}


def test_a_makefile_that_fails_is_an_error_with_its_last_lines(
    sources: Path, tmp_path: Path
) -> None:
    # Given
    (sources / "Makefile").write_text("requirements:\n\t@echo no disk >&2; false\n")

    # Then
    with pytest.raises(LocalCloudError, match=r"`make requirements` failed in (?s:.*)no disk"):
        build_package(sources, tmp_path / "build")
