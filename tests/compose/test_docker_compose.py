"""
The files stay plain Compose files: `docker compose` itself reads the shipped ones, as we do.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.compose.load import load_environment
from sandbox.model.service import Service
from tests.compose.committed import MemorySource

TOP = Path(__file__).parents[2]
BINARY = Path(sys.executable).with_name("docker-compose")
ONLY_OURS = {"SHOP_RELEASE"}


def read_by_compose(environment: str) -> Any:
    file = TOP / "environments" / environment / "compose.yaml"
    done = subprocess.run(
        [BINARY, "-f", file, "config", "--format", "json"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    # What it prints is Compose again, so that it escapes each dollar sign.
    return json.loads(done.stdout.replace("$$", "$"))


def read_by_us(environment: str) -> tuple[Service, ...]:
    files = {
        path.relative_to(TOP).as_posix(): path.read_bytes()
        for folder in ("environments", "demo_shop")
        for path in (TOP / folder).rglob("*")
        if path.is_file()
    }
    source = MemorySource(files=files)
    return load_environment(environment, source, default_application="x").services


def meaning(service: Service) -> dict[str, Any]:
    return {
        "command": list(service.command) if service.command else None,
        "environment": service.environment,
        "ports": [(port.host_ip, str(port.published), port.target) for port in service.ports],
        "depends_on": {each.service_name: each.condition.value for each in service.depends_on},
        "networks": [each.network for each in service.attachments],
        "test": list(service.healthcheck.test) if service.healthcheck else None,
        "memory": service.limits.memory_bytes,
        "read_only": service.read_only,
        "cap_drop": list(service.cap_drop),
    }


def meaning_to_compose(service: Any) -> dict[str, Any]:
    return {
        "command": service["command"],
        "environment": service.get("environment", {}),
        "ports": [
            (port["host_ip"], port["published"], port["target"])
            for port in service.get("ports", ())
        ],
        "depends_on": {
            name: each["condition"] for name, each in service.get("depends_on", {}).items()
        },
        "networks": list(service["networks"]),
        "test": service.get("healthcheck", {}).get("test"),
        "memory": int(service["mem_limit"]),
        "read_only": service["read_only"],
        "cap_drop": service["cap_drop"],
    }


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_docker_compose_accepts_a_shipped_environment_and_reads_it_as_we_do(
    environment: str,
) -> None:
    theirs = read_by_compose(environment)
    ours = {service.name: meaning(service) for service in read_by_us(environment)}

    assert theirs["name"] == f"shop-{environment}"
    found = {name: meaning_to_compose(each) for name, each in theirs["services"].items()}
    for side in (ours, found):
        for each in side.values():
            each["environment"] = {
                name: value for name, value in each["environment"].items() if name not in ONLY_OURS
            }
    assert ours == found
