"""
What the policy denies never reaches the engine, on whatever route it came; what is allowed does.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.planning.edge import EDGE
from sandbox.planning.routes import INGRESS
from tests.engine_proxy import EngineProxy, Request
from tests.playground import Playground, playground, small
from tests.policy.cases import SERVICE_CASES, TOP_CASES
from tests.policy.routes import FOLDER, ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine

CASES = {f"s{number}": case for number, case in enumerate((*SERVICE_CASES, *TOP_CASES))}
_NAME = re.compile(r'"(theirs|data|lan)(?=[":])')
WAIVER = """\
allow:
  - {environment: staging, service: web, key: cap_add, value: SYS_NICE, reason: "it is a test"}
"""


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    yield from playground(tmp_path / "play")


@pytest.fixture
def proxy(ground: Playground, tmp_path: Path) -> Iterator[EngineProxy]:
    with EngineProxy.listening(tmp_path / "engine.sock") as listening:
        ground.environ |= {"DOCKER_HOST": listening.url, "SANDBOX_EDGE_PORT": "off"}
        yield listening


def named_apart(value: Any, name: str) -> Any:
    """Give the networks and volumes of each case names of their own."""
    return json.loads(_NAME.sub(rf'"\g<1>-{name}', json.dumps(value)))


@pytest.mark.parametrize("route", ROUTES)
def test_no_denied_setting_reaches_the_engine(
    ground: Playground, proxy: EngineProxy, route: str
) -> None:
    top: dict[str, dict[str, Any]] = {}
    for name, case in CASES.items():
        for kind, values in named_apart(case.top, name).items():
            top.setdefault(kind, {}).update(values)
    services = {name: named_apart(case.service, name) for name, case in CASES.items()}
    ground.commit(ROUTES[route](services, top).files)

    plan = ground.sandbox("plan", "staging", "--output", "json", status=None).json
    finished = ground.sandbox("sync", "staging", status=4)

    held = {hold["service"] for hold in plan["holds"]}
    assert held >= set(CASES)
    denied = "\n".join(hold["message"] for hold in plan["holds"] if hold["reason"] == "policy")
    for case in CASES.values():
        assert f"policy denies {case.key} (" in denied
    assert "policy denies" in finished.stderr
    assert str(ground.folder / ".git" / "sandbox" / "policy.yaml") in finished.stderr
    # Only what nobody objects to was made: our own ingress, and the networks that it is on.
    ours = [container["Id"] for container in ground.containers(INGRESS)]
    assert [container["Id"] for container in ground.containers()] == ours
    assert ground.volumes() == []
    assert {network["Name"].rpartition("_")[2] for network in ground.networks()} <= {
        "default",
        EDGE,
    }
    assert [each for each in proxy.mutations() if not is_harmless(each, ours)] == []


def is_harmless(request: Request, ours: list[str]) -> bool:
    """It makes the image of the ingress, its container or a network, or does something to it."""
    if request.path in {"/build", "/containers/create"}:
        return "sandbox-ingress" in request.query or "sandbox%2Fingress" in request.query
    is_network = request.path == "/networks/create" or request.path.endswith("/connect")
    return is_network or any(container_id in request.path for container_id in ours)


def test_a_waiver_lets_the_very_thing_through_and_is_missed_when_it_is_gone(
    ground: Playground, proxy: EngineProxy
) -> None:
    text = small().replace("  web:\n", "  web:\n    cap_add: [SYS_NICE]\n")
    ground.commit_environment(text)
    refused = ground.sandbox("sync", "staging", status=4)
    line = text.splitlines().index("    cap_add: [SYS_NICE]") + 1
    assert f"policy denies cap_add ({FOLDER}/compose.yaml:{line})" in refused.stderr
    assert "key: cap_add, value: SYS_NICE" in refused.stderr
    assert ground.containers("web") == []

    file = ground.folder / ".git" / "sandbox" / "policy.yaml"
    file.write_text(WAIVER)
    ground.sandbox("sync", "staging")
    web = ground.container("web")
    assert [name.removeprefix("CAP_") for name in web["HostConfig"]["CapAdd"]] == ["SYS_NICE"]

    file.write_text(WAIVER.replace("reason", "raeson"))
    told = ground.sandbox("plan", "staging", status=None).stdout
    assert f"{file}:2:" in told
    assert "did you mean reason?" in told

    file.unlink()
    proxy.forget()
    held = ground.sandbox("sync", "staging", status=4)
    assert "policy denies cap_add" in held.stderr
    assert proxy.mutations() == ()
    assert ground.container("web")["Id"] == web["Id"]
    assert ground.container("web")["State"]["Running"]
