"""
What is fuzzed: functions of a text that give a value, a refusal, or have a bug.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from sandbox.compose.canonical.ports import PORT_MAX, ports
from sandbox.compose.document import NODES_MAX, parse_documents
from sandbox.compose.dotenv import parse_dotenv
from sandbox.compose.findings import Findings, Place
from sandbox.compose.load import load_environment
from sandbox.compose.node import ListNode, MapNode, Mark, Node, Scalar, integer, mapping
from sandbox.compose.project import Project, ProjectRequest, load_project
from sandbox.compose.template import LENGTH_MAX, Variables, substitute
from sandbox.compose.units import duration_s, duration_text, nano_cpus, ram_bytes, size_bytes
from sandbox.errors import InvalidComposeError
from sandbox.render.config import config_json, config_model
from tests.compose.committed import MemorySource
from tests.fuzz import grammars, lists, seeds
from tests.fuzz.files import encoded, parted

SIZE_MAX: Final = 2**63
FOLDER: Final = "/project"
VARIABLES: Final = {
    "A": "1",
    "B": "two",
    "E": "",
    "X": "$A ${B}",
    "N": "8080",
    "LONG_NAME": "x" * 50,
}
_EMPTY_NAME: Final = b'\n        "": '
_MARK: Final = Mark(file="f", line=1, column=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One thing to fuzz.

    Attributes:
        name: For the command line, and of the folder of its kept cases.
        run: Takes any text; tells whether it was accepted. Whatever it raises is a finding.
        grammar: Makes a text that is accepted more often than not.
        seeds: Texts to damage.
        tokens: Words to damage them with.
    """

    name: str
    run: Callable[[str], bool]
    grammar: Callable[[Random], str]
    seeds: tuple[str, ...]
    tokens: tuple[str, ...]


def run_yaml(text: str) -> bool:
    """
    Documents, or problems with places; never more values than the bound.
    """
    findings = Findings("f")
    documents = parse_documents(encoded(text), "f", findings)
    assert sum(_size(document.tree) for document in documents) <= NODES_MAX
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + 2
    lines += text.count("\u2028") + text.count("\u2029")
    assert all(0 <= problem.line <= lines for problem in findings.problems)
    return not findings.problems


def _size(node: Node) -> int:
    if isinstance(node, MapNode):
        assert node.values.keys() <= node.key_marks.keys(), "every key has its place"
        return 1 + sum(map(_size, node.values.values()))
    return 1 + sum(map(_size, node.items)) if isinstance(node, ListNode) else 1


def run_interpolation(text: str) -> bool:
    """
    A text or a fault; doubled dollars come back as they were.
    """
    result = substitute(text, Variables(VARIABLES))
    assert result.fault or len(result.text) <= LENGTH_MAX
    assert "$" in text or result.text == text
    back = substitute(text.replace("$", "$$"), Variables({}))
    assert (back.text, back.fault) == (text, "")
    return not result.fault


def run_dotenv(text: str) -> bool:
    """
    Values with lines, or faults with lines.
    """
    result = parse_dotenv(text, Variables(VARIABLES))
    lines = text.count("\n") + 1
    assert result.values.keys() == result.lines.keys()
    assert all(1 <= line <= lines for line, _ in result.faults)
    assert all(1 <= line <= lines for line in result.lines.values())
    return not result.faults


def run_durations(text: str) -> bool:
    """
    Nothing, or a text that stands for itself; both readers agree.
    """
    written, seconds = duration_text(text), duration_s(text)
    if written is None:
        assert seconds is None
        return False
    assert duration_text(written) == written
    if not text.startswith(("-", "+")):
        assert seconds is not None
        assert seconds >= 0
    return True


def run_sizes(text: str) -> bool:
    """
    Nothing, or a whole number of 63 bits.
    """
    found = [size_bytes(text), ram_bytes(text), nano_cpus(text)]
    assert all(size is None or 0 <= size < SIZE_MAX for size in found)
    return found != [None, None, None]


def run_ports(text: str) -> bool:
    """
    Entries with a port, or a problem; long forms stay as they are.
    """
    findings = Findings("f")
    place = Place(findings=findings, path=("ports",))
    found = ports(ListNode(items=(Scalar(value=text, mark=_MARK),), mark=_MARK), place)
    assert isinstance(found, ListNode)
    assert bool(found.items) != bool(findings.problems)
    for item in found.items:
        target = integer(mapping(item).get("target"))
        assert target is not None
        assert 0 <= target <= PORT_MAX
    assert ports(found, place) == found
    return not findings.problems


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of one text, below the project's folder."""

    contents: dict[str, bytes]

    def read(self, path: str) -> bytes | None:
        return self.contents.get(path.removeprefix(f"{FOLDER}/"))


def loaded(files: dict[str, bytes]) -> Project | None:
    """
    Load *files*; nothing when they are refused.
    """
    request = ProjectRequest(folder=FOLDER, environment=VARIABLES)
    try:
        return load_project(request, Contents(files))
    except InvalidComposeError as error:
        _check_problems(error)
        return None


def _check_problems(error: InvalidComposeError) -> None:
    assert all(problem.message and problem.file for problem in error.problems)


def run_merge(text: str) -> bool:
    """
    A model that can be printed, or problems that name a file.
    """
    project = loaded(parted(text))
    if project is not None:
        config_json(project.tree)
    return project is not None


def run_project(text: str) -> bool:
    """
    Likewise; and what is printed is read as what it was printed from.
    """
    project = loaded(parted(text))
    if project is None or "models" in project.tree.values:
        return project is not None  # Compose prints no models, nor do we
    printed = config_json(project.tree).encode("utf-8", "surrogateescape")
    if _EMPTY_NAME in printed:
        return True  # Compose takes `=value` in an env file, prints it, and refuses what it printed
    # Services of profiles are printed when these are active, and the printed text says which.
    request = ProjectRequest(folder=FOLDER, profiles=("*",))
    again = load_project(request, Contents({"compose.yaml": printed}))
    assert config_model(again.tree) == config_model(project.tree), "the printed model is another"
    return True


def run_environment(text: str) -> bool:
    """
    A desired state, or problems.
    """
    files = {f"environments/staging/{name}": content for name, content in parted(text).items()}
    try:
        load_environment("staging", MemorySource(files=files), default_application="shop")
    except InvalidComposeError as error:
        _check_problems(error)
        return False
    return True


TARGETS: Final = {
    target.name: target
    for target in (
        Target(
            name="yaml",
            run=run_yaml,
            grammar=grammars.yaml,
            seeds=seeds.YAML,
            tokens=seeds.YAML_TOKENS,
        ),
        Target(
            name="interpolation",
            run=run_interpolation,
            grammar=grammars.expression,
            seeds=seeds.EXPRESSIONS,
            tokens=seeds.EXPRESSION_TOKENS,
        ),
        Target(
            name="dotenv",
            run=run_dotenv,
            grammar=grammars.dotenv,
            seeds=seeds.DOTENVS,
            tokens=seeds.DOTENV_TOKENS,
        ),
        Target(
            name="durations",
            run=run_durations,
            grammar=grammars.duration,
            seeds=seeds.DURATIONS,
            tokens=(*grammars.UNITS, ".", "-", "+", "0", " "),
        ),
        Target(
            name="sizes",
            run=run_sizes,
            grammar=grammars.size,
            seeds=seeds.SIZES,
            tokens=(*grammars.SIZES, ".", "-", "+", "0", " ", "e", "E-", "inf", "nan"),
        ),
        Target(
            name="ports",
            run=run_ports,
            grammar=grammars.port,
            seeds=seeds.PORTS,
            tokens=seeds.PORT_TOKENS,
        ),
        Target(
            name="pipeline",
            run=lists.run_pipeline_file,
            grammar=lists.pipeline_file,
            seeds=lists.PIPELINES,
            tokens=lists.PIPELINE_TOKENS,
        ),
        Target(
            name="webhooks",
            run=lists.run_webhook_file,
            grammar=lists.webhook_file,
            seeds=lists.WEBHOOKS,
            tokens=lists.WEBHOOK_TOKENS,
        ),
        Target(
            name="merge",
            run=run_merge,
            grammar=grammars.two_files,
            seeds=seeds.TWO_FILES,
            tokens=seeds.COMPOSE_TOKENS,
        ),
        Target(
            name="project",
            run=run_project,
            grammar=grammars.project,
            seeds=seeds.PROJECTS,
            tokens=seeds.COMPOSE_TOKENS,
        ),
        Target(
            name="environment",
            run=run_environment,
            grammar=grammars.project,
            seeds=seeds.PROJECTS,
            tokens=seeds.COMPOSE_TOKENS,
        ),
    )
}
