"""
Whatever is written: it is read or refused, always in the same way; what is printed is read again.
"""

import json
import os
import subprocess
import sys
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox.compose.node import Plain
from sandbox.compose.project import Project, ProjectRequest, load_project
from sandbox.compose.units import duration_text, ram_bytes
from sandbox.compose.yaml_text import yaml_text
from sandbox.errors import InvalidComposeError
from sandbox.render.config import config_json, config_model, config_text
from tests.compose.committed import load
from tests.fuzz import grammars
from tests.fuzz.attributes import SERVICE, TOP
from tests.fuzz.files import parted
from tests.fuzz.targets import FOLDER, VARIABLES, Contents, loaded
from tests.properties.compose_files import values

pytestmark = pytest.mark.slow

some = settings(max_examples=60)
many = settings(max_examples=200)
seeds = st.integers(0, 2**32)
projects = seeds.map(lambda seed: grammars.project(Random(seed)))
rights = [
    (key, value) for key, (value, *_) in SERVICE.items() if key not in {"models", "pre_start"}
]

ANY_KEY = st.sampled_from([*SERVICE, *TOP, "web", "db", "path", "source", "target", "file", "<<"])


def anything(depth: int = 3) -> st.SearchStrategy[Any]:
    """
    Any value under keys that mean something elsewhere.
    """
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | ANY_KEY,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(ANY_KEY | st.text(max_size=3), inner)
        ),
        max_leaves=2**depth,
    )


@many
@given(st.dictionaries(st.sampled_from([*TOP, "services"]), anything(), max_size=4))
def test_any_tree_at_the_top_is_read_or_refused(tree: dict[str, Any]) -> None:
    loaded({"compose.yaml": json.dumps(tree).encode()})


@many
@given(st.dictionaries(st.sampled_from(list(SERVICE)), anything(), max_size=3))
def test_any_attributes_of_a_service_are_read_or_refused(attributes: dict[str, Any]) -> None:
    service = {"image": "x", **attributes}
    text = json.dumps({"services": {"web": service, "db": {"image": "y"}}})
    loaded({"compose.yaml": text.encode()})
    is_desired_or_refused(text)


@many
@given(st.binary(max_size=200), st.binary(max_size=200))
@example(b"\xff\xfe", b"")
@example(b"a: \x00", b"\xef\xbb\xbf")
def test_any_bytes_are_read_or_refused(content: bytes, env: bytes) -> None:
    loaded({"compose.yaml": content, ".env": env})
    loaded({"compose.yaml": b"services: {web: {image: x, env_file: a}}", "a": env})


def is_desired_or_refused(text: str) -> bool:
    try:
        load(text)
    except InvalidComposeError:
        return False
    return True


@some
@given(projects)
def test_equal_files_give_equal_models_or_equal_problems(text: str) -> None:
    assert answer(text) == answer(text)


def answer(text: str) -> tuple[str, ...]:
    try:
        project = load_project(request(), Contents(parted(text)))
    except InvalidComposeError as error:
        return tuple(str(problem) for problem in error.problems)
    return (config_json(project.tree), *project.findings.warnings)


def request(*profiles: str) -> ProjectRequest:
    return ProjectRequest(folder=FOLDER, environment=VARIABLES, profiles=profiles)


ANSWERS = """
from random import Random
from tests.fuzz import grammars
from tests.properties.test_loading import answer
for seed in range(80):
    print(answer(grammars.project(Random(seed))))
"""


def test_the_order_of_sets_in_memory_is_never_seen() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", ANSWERS],
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2", "3")
    }

    (output,) = outputs
    assert output.count('"services"') > 15
    assert output.count("compose.yaml:") > 15


@many
@given(projects)
def test_what_is_printed_is_read_as_what_it_was_printed_from(text: str) -> None:
    project = loaded(parted(text))
    if project is not None and "models" not in project.tree.values:
        assert_stable(project)


@many
@given(st.lists(st.sampled_from(rights), max_size=6))
def test_right_attributes_are_read_and_printed_and_read(some: list[tuple[str, str]]) -> None:
    # One that excludes another is left out of the printing, not of the reading.
    lines = "".join(f"    {key}: {value}\n" for key, value in dict(some).items())
    top = "".join(
        f"{key}: {TOP[key][0]}\n" for key in ("networks", "volumes", "secrets", "configs")
    )
    image = "" if "image" in dict(some) else "    image: x\n"
    others = "  db: {image: y}\n"
    text = f"services:\n  web:\n{image}{lines}{others}{top}"
    project = loaded({"compose.yaml": text.encode(), "a.env": b"A=1\n", ".env": b"B=2\n"})
    if project is not None:
        assert_stable(project)


def assert_stable(project: Project) -> None:
    """
    Both printed forms must be read as the model, by a loader that knows no variables.
    """
    model = config_model(project.tree)
    for printed in (config_json(project.tree), config_text(project.tree)):
        again = load_project(
            ProjectRequest(folder=FOLDER, profiles=("*",)),
            Contents({"compose.yaml": printed.encode()}),
        )
        assert config_model(again.tree) == model, printed


@many
@given(values)
def test_a_text_that_was_printed_is_the_text_that_it_was(value: str) -> None:
    service: Plain = {"image": "x", "environment": {"A": value.replace("$", "$$")}}
    project = loaded({"compose.yaml": yaml_text({"services": {"web": service}}).encode()})

    assert project is not None
    web: Any = config_model(project.tree)["services"]
    assert web["web"]["environment"]["A"] == value
    assert_stable(project)


@many
@given(st.integers(0, 2**63 - 1))
def test_every_duration_that_is_printed_stands_for_itself(nanoseconds: int) -> None:
    printed = duration_text(f"{nanoseconds}ns")

    assert printed is not None
    assert duration_text(printed) == printed


@many
@given(st.integers(0, 2**53), st.sampled_from(["", "k", "m", "g"]))
def test_a_size_is_its_number_of_units(number: int, unit: str) -> None:
    size = number * 1024 ** " kmg".index(unit or " ")

    assert ram_bytes(f"{number}{unit}") == (size if size < 2**63 else None)
