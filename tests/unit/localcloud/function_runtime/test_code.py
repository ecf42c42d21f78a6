"""Unpacked code is kept between starts, by content; the least recently used is removed."""

import io
import os
import zipfile
from pathlib import Path

from localcloud.function_runtime.code import KEPT_FOLDERS, CodeStore


def archive(text: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        packed.writestr("app.py", text)
    return body.getvalue()


def test_the_same_code_is_not_unpacked_again_after_a_restart(tmp_path: Path) -> None:
    # Given
    first = CodeStore(tmp_path).unpack("arn:layer:1", archive("a = 1"))
    (first / "left.txt").write_text("here", encoding="utf-8")

    # When
    again = CodeStore(tmp_path).unpack("another name", archive("a = 1"))

    # Then
    assert again == first
    assert (again / "left.txt").exists()


def test_new_code_under_a_known_name_is_unpacked(tmp_path: Path) -> None:
    # Given
    CodeStore(tmp_path).unpack("arn:layer:1", archive("a = 1"))

    # When
    changed = CodeStore(tmp_path).unpack("arn:layer:1", archive("a = 2"))

    # Then
    assert (changed / "app.py").read_text(encoding="utf-8") == "a = 2"


def test_code_is_complete_after_a_kill_during_unpacking(tmp_path: Path) -> None:
    # Given
    path = CodeStore(tmp_path).unpack("app", archive("a = 1"))
    half = path.rename(path.with_suffix(".partial"))
    (half / "app.py").unlink()
    (half / "other.py").write_text("half", encoding="utf-8")

    # When
    again = CodeStore(tmp_path).unpack("app", archive("a = 1"))

    # Then
    assert [file.name for file in again.iterdir()] == ["app.py"]


def test_the_least_recently_used_packages_are_removed(tmp_path: Path) -> None:
    # Given
    paths = []
    for number in range(KEPT_FOLDERS):
        paths.append(CodeStore(tmp_path).unpack("app", archive(f"a = {number}")))
        os.utime(paths[-1], (number, number))
    store = CodeStore(tmp_path)
    store.unpack("app", archive("a = 0"))

    # When
    new = store.unpack("new", archive("new"))

    # Then
    assert [path.exists() for path in paths] == [True, False, *[True] * (KEPT_FOLDERS - 2)]
    assert new.exists()


def test_packages_in_use_are_not_removed(tmp_path: Path) -> None:
    # Given
    store = CodeStore(tmp_path)

    # When
    paths = [store.unpack(f"app-{n}", archive(f"a = {n}")) for n in range(KEPT_FOLDERS + 2)]

    # Then
    assert all(path.exists() for path in paths)
