import ast
import re
import tomllib
from pathlib import Path

import pytest

import sandbox

TOP = Path(__file__).parents[1]
LOCKS = ["requirements.lock", "tests/requirements.lock", "tests/benchmarks/requirements.lock"]


def locked(name: str) -> dict[str, str]:
    """
    Version of each package in a lock.
    """
    pins = re.findall(r"^([a-z0-9-]+)==(\S+)", (TOP / name).read_text(), flags=re.MULTILINE)
    assert pins
    return dict(pins)


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_is_checked_by_hash(name: str) -> None:
    packages = re.split(r"^(?=[a-z])", (TOP / name).read_text(), flags=re.MULTILINE)[1:]

    assert len(packages) == len(locked(name))
    assert all("--hash=sha256:" in package for package in packages)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_no_address_and_no_path(name: str) -> None:
    text = (TOP / name).read_text()

    assert not re.search(r"://|--(extra-)?index|--find-links|^-e|@ |(^|\s)/", text, re.MULTILINE)
    assert not any("+" in version for version in locked(name).values())


def test_the_development_lock_holds_the_runtime_lock() -> None:
    runtime, development = locked("requirements.lock"), locked("tests/requirements.lock")

    assert runtime.items() <= development.items()


def test_the_runtime_lock_holds_every_dependency_of_the_project() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[>=]", dependency)[0].lower() for dependency in project["dependencies"]}

    assert wanted
    assert wanted <= locked("requirements.lock").keys()


def test_every_ignored_rule_says_why_on_its_line() -> None:
    text = (TOP / "pyproject.toml").read_text()
    ignores = re.findall(r'^    "[A-Z]+[0-9]*",.*$', text, flags=re.MULTILINE)

    assert len(ignores) > 20
    assert [line for line in ignores if not re.search(r"# .{8,}", line)] == []


def imported(file: Path) -> set[str]:
    """
    Every module and name that a file imports, dotted.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_no_test_uses_a_mock() -> None:
    files = sorted((TOP / "tests").rglob("*.py"))
    mocked = [
        str(file.relative_to(TOP))
        for file in files
        if any(re.match(r"(unittest\.)?mock\b|pytest_mock\b", name) for name in imported(file))
    ]

    assert len(files) > 5
    assert mocked == []


def test_the_package_and_its_distribution_have_one_version() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]

    assert project["version"] == sandbox.__version__


def test_every_layer_of_the_contract_is_in_the_map_of_the_package() -> None:
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = re.findall(r"[a-z]\w+", " ".join(contracts["contracts"][0]["layers"]))
    there = [
        layer
        for layer in layers
        if (TOP / "sandbox" / layer).is_dir() or (TOP / "sandbox" / f"{layer}.py").is_file()
    ]
    documented = re.findall(r"^`(\w+)`", sandbox.__doc__ or "", flags=re.MULTILINE)

    assert len(documented) > 5
    assert sorted(documented) == sorted(there)
