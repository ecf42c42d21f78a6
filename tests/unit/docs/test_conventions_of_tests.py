"""The tests keep their conventions: short names, no imports between tests, mirrored folders."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests"
UNIT = TESTS / "unit"
LONGEST_NAME = 70  # Characters of a test's name, without its parameters.
# A folder of tests/unit has its counterpart in one of these. A leading dot (.ci) is left out.
PACKAGES = (ROOT / "functions" / "tunedrop", ROOT / "functions", ROOT)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


MODULES = sorted(path for path in TESTS.rglob("*.py") if path.is_file())
UNIT_FOLDERS = sorted({path.parent for path in UNIT.rglob("*.py")} - {UNIT})


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the full name of everything that a module imports, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(name: str) -> Path | None:
    """Return the file below tests/ that an imported name is or comes from."""
    parts = name.split(".")
    paths = (
        ROOT.joinpath(*parts[:length]).with_suffix(".py") for length in range(len(parts), 0, -1)
    )
    return next((path for path in paths if path.is_file() and path.is_relative_to(TESTS)), None)


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_every_name_of_a_test_has_at_most_70_characters(module: Path) -> None:
    # Given
    nodes = ast.walk(ast.parse(module.read_text()))
    functions = [
        node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    # When
    long = [name for name in functions if name.startswith("test") and len(name) > LONGEST_NAME]

    # Then
    assert long == []


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_a_test_imports_from_tests_support_or_helpers_of_its_folders(module: Path) -> None:
    # Given
    files = {file for name in imported(ast.parse(module.read_text())) if (file := file_of(name))}
    is_helper = not module.name.startswith("test_")

    # When
    foreign = [
        relative(file)
        for file in files
        if file.name.startswith(("test_", "conftest"))
        or not (
            file.is_relative_to(TESTS / "support")
            or module.is_relative_to(file.parent)
            or (is_helper and file.is_relative_to(module.parent))
        )
    ]

    # Then
    assert foreign == []


@pytest.mark.parametrize("folder", UNIT_FOLDERS, ids=relative)
def test_a_folder_of_unit_tests_mirrors_a_folder_of_the_code(folder: Path) -> None:
    # Given
    first, *rest = folder.relative_to(UNIT).parts

    # When
    mirrored = [
        package.joinpath(name, *rest) for package in PACKAGES for name in (first, f".{first}")
    ]

    # Then
    assert any(path.is_dir() for path in mirrored)
