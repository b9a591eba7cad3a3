import time

import pytest

from sandbox.compose.files import NODES_MAX
from tests.compose.memory import project_problems

MANY = ", ".join(f"A{i}=1" for i in range(9000))
BOMBS = {
    "one long service extended by many": {
        "compose.yaml": f"services:\n  base: {{image: i, environment: [{MANY}]}}\n"
        + "".join(f"  s{i}: {{extends: base}}\n" for i in range(5000)),
    },
    "a chain of services that grow": {
        "compose.yaml": "services:\n  s0: {image: i, cap_add: [A, B]}\n"
        + "".join(
            f"  s{i}: {{extends: s{i - 1}, cap_add: [{', '.join('ABCDEFGH' * 100)}]}}\n"
            for i in range(1, 31)
        )
        + "".join(f"  t{i}: {{extends: s30}}\n" for i in range(100)),
    },
    "one long file included many times": {
        "compose.yaml": f"include: [{', '.join(['a.yaml'] * 5000)}]\n",
        "a.yaml": f"services: {{a: {{image: i, environment: [{MANY}]}}}}\n",
    },
    "many short documents": {
        "compose.yaml": f"services: {{a: {{image: i, environment: [{MANY}]}}}}\n"
        + "---\nx-a: 1\n" * 20_000,
    },
    "includes that double at each level": {
        "compose.yaml": "include: [l0a.yaml, l0b.yaml]\n",
        **{
            f"l{i}{side}.yaml": f"include: [l{i + 1}a.yaml, l{i + 1}b.yaml]\n"
            for i in range(30)
            for side in "ab"
        },
        **{f"l30{side}.yaml": f"x-{side}: 1\n" for side in "ab"},
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_files_that_would_grow_without_end_are_refused_in_seconds(name: str) -> None:
    began = time.process_time()

    found = project_problems(BOMBS[name])

    assert any(f"expand to more than {NODES_MAX:,} values" in problem for problem in found)
    assert time.process_time() - began < 10
