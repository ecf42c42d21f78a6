"""Unpacked code is kept between starts, by its content, and what is old goes."""

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


def test_given_the_same_code_when_localcloud_starts_again_then_nothing_is_unpacked(
    tmp_path: Path,
) -> None:
    first = CodeStore(tmp_path).unpack("arn:layer:1", archive("a = 1"))
    (first / "left.txt").write_text("here", encoding="utf-8")

    again = CodeStore(tmp_path).unpack("another name", archive("a = 1"))

    assert again == first
    assert (again / "left.txt").exists()


def test_given_other_code_under_a_known_name_when_started_again_then_it_is_unpacked(
    tmp_path: Path,
) -> None:
    CodeStore(tmp_path).unpack("arn:layer:1", archive("a = 1"))

    changed = CodeStore(tmp_path).unpack("arn:layer:1", archive("a = 2"))

    assert (changed / "app.py").read_text(encoding="utf-8") == "a = 2"


def test_given_a_kill_while_unpacking_when_started_again_then_all_is_there(tmp_path: Path) -> None:
    path = CodeStore(tmp_path).unpack("app", archive("a = 1"))
    half = path.rename(path.with_suffix(".partial"))
    (half / "app.py").unlink()
    (half / "other.py").write_text("half", encoding="utf-8")

    again = CodeStore(tmp_path).unpack("app", archive("a = 1"))

    assert [file.name for file in again.iterdir()] == ["app.py"]


def test_given_many_packages_when_new_ones_come_then_the_longest_unused_go(tmp_path: Path) -> None:
    paths = []
    for number in range(KEPT_FOLDERS):
        paths.append(CodeStore(tmp_path).unpack("app", archive(f"a = {number}")))
        os.utime(paths[-1], (number, number))
    store = CodeStore(tmp_path)
    store.unpack("app", archive("a = 0"))

    new = store.unpack("new", archive("new"))

    assert [path.exists() for path in paths] == [True, False, *[True] * (KEPT_FOLDERS - 2)]
    assert new.exists()


def test_given_packages_in_use_when_new_ones_come_then_none_goes(tmp_path: Path) -> None:
    store = CodeStore(tmp_path)
    paths = [store.unpack(f"app-{n}", archive(f"a = {n}")) for n in range(KEPT_FOLDERS + 2)]

    assert all(path.exists() for path in paths)
