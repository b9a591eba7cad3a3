"""
No file makes the process slow, big or dead, whatever small things grow to.
"""

import resource
import time

import pytest

from sandbox.compose.load import load_environment
from sandbox.compose.project import ProjectRequest, load_project
from sandbox.errors import InvalidComposeError
from tests.compose.committed import MemorySource
from tests.fuzz.campaign import bounded_memory
from tests.fuzz.targets import FOLDER, Contents

pytestmark = pytest.mark.slow

MIB = 2**20
CPU_S_MAX = 8.0
MEMORY_BYTES = 2**29
PLAIN = "services: {w: {image: x}}"
LONG = "X=" + "a" * (MIB - 10)


def service(attributes: str) -> str:
    return f"services: {{w: {{image: x, {attributes}}}}}"


def services(number: int, attributes: str) -> str:
    return "services:\n" + "".join(f"  s{i}: {{image: x, {attributes}}}\n" for i in range(number))


# By name: what the refusal says, and the files.
BOMBS: dict[str, tuple[str, dict[str, str]]] = {
    "a long value in one text": (
        "the value grows beyond 1 MiB",
        {"compose.yaml": service(f"user: '{'$X' * 500_000}'"), ".env": LONG},
    ),
    "a long value in many texts": (
        "all values together grow beyond 16 MiB",
        {"compose.yaml": service(f"command: [{','.join(['$X'] * 90_000)}]"), ".env": LONG},
    ),
    "values that double": (
        "the value grows beyond 1 MiB",
        {
            "compose.yaml": PLAIN,
            ".env": "A0=aa\n" + "".join(f"A{i + 1}=$A{i}$A{i}\n" for i in range(30_000)),
        },
    ),
    "a long value in many variables": (
        "all values together grow beyond 16 MiB",
        {
            "compose.yaml": service("env_file: a"),
            "a": f"A={'a' * 500_000}\n" + "".join(f"B{i}=$A\n" for i in range(50_000)),
        },
    ),
    "many services with a large env_file": (
        "all files together expand to more than 300,000 values",
        {
            "compose.yaml": services(4_000, "env_file: a"),
            "a": "".join(f"B{i}=1\n" for i in range(20_000)),
        },
    ),
    "many services with a large label_file": (
        "all files together expand to more than 300,000 values",
        {
            "compose.yaml": services(4_000, "label_file: a"),
            "a": "".join(f"B{i}=1\n" for i in range(20_000)),
        },
    ),
    "brackets": ("values nest deeper than 64 levels", {"compose.yaml": "[" * MIB}),
    "braces in a value": (
        "variables nest deeper than 32 levels",
        {"compose.yaml": service(f"user: '{'${A:-' * 100_000}{'}' * 100_000}'")},
    ),
    "many wrong keys": (
        "more than 1,000 problems",
        {"compose.yaml": PLAIN + "\n" + "".join(f"k{i}: 1\n" for i in range(5_000))},
    ),
    "many services with every port": (
        "ports",
        {"compose.yaml": services(2_000, "ports: ['1-65535']")},
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_grows_without_end_is_refused_quickly_and_with_the_reason(name: str) -> None:
    says, texts = BOMBS[name]
    files = {path: text.encode() for path, text in texts.items()}
    committed = {f"environments/staging/{path}": content for path, content in files.items()}
    started = time.process_time()

    # What the process has is not known here: the bound is above what it already uses.
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with bounded_memory(used + 4 * MEMORY_BYTES):
        with pytest.raises(InvalidComposeError, match=says):
            load_project(ProjectRequest(folder=FOLDER), Contents(files))
        with pytest.raises(InvalidComposeError, match=says):
            load_environment("staging", MemorySource(files=committed), default_application="shop")
    assert time.process_time() - started < 2 * CPU_S_MAX
