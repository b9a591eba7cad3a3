"""
What the engine runs for a playground, without what two equal runs may differ in: the differential.

Ids, times, addresses and revisions are left out. All else that the engine tells of our objects is
compared, so that a duplicate, a leftover or a half-made object shows up whatever its cause.
"""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

from tests.playground import engine

if TYPE_CHECKING:
    from tests.playground import Playground

JOB_LOG = "/data/prepared"
_OF_A_RUN = ("dev.sandbox.revision", "dev.sandbox.release", "dev.sandbox.tag")


def end_state(ground: Playground) -> dict[str, Any]:
    """Give containers, networks and volumes by name."""
    return {
        "containers": {item["Name"]: _container(item) for item in ground.containers()},
        "networks": {item["Name"]: _network(item) for item in ground.networks()},
        "volumes": {item["Name"]: _labels(item["Labels"]) for item in ground.volumes()},
    }


def container_ids(ground: Playground) -> dict[str, str]:
    """Give the id of each container by service; fails when a service has two."""
    pairs = [
        (item["Config"]["Labels"]["dev.sandbox.service"], item["Id"])
        for item in ground.containers()
    ]
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


def job_runs(ground: Playground, service: str = "db") -> int:
    """Give how often the job of the small environment ran: it leaves a line on the volume."""
    with engine() as client:
        stream, _ = client.get_archive(ground.container(service)["Id"], JOB_LOG)
        with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
            file = archive.extractfile(archive.getmembers()[0])
            assert file is not None
            return len(file.read().splitlines())


def _container(item: dict[str, Any]) -> dict[str, Any]:
    host, state = item["HostConfig"], item["State"]
    return {
        "labels": _labels(item["Config"]["Labels"]),
        "image": item["Image"],
        "command": item["Config"]["Cmd"],
        "environment": sorted(item["Config"]["Env"] or []),
        "state": state["Status"],
        "exit_code": state["ExitCode"],
        "limits": [host[key] for key in ("Memory", "NanoCpus", "PidsLimit", "RestartPolicy")],
        "ports": host["PortBindings"],
        "mounts": sorted(
            [mount["Type"], mount.get("Name", ""), mount["Destination"]] for mount in item["Mounts"]
        ),
        "networks": {
            name: sorted(set(endpoint["Aliases"] or ()) - {item["Id"][:12]})
            for name, endpoint in item["NetworkSettings"]["Networks"].items()
        },
    }


def _network(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "labels": _labels(item["Labels"]),
        "driver": item["Driver"],
        "internal": item["Internal"],
        "options": item["Options"],
        "prefixes": [each["Subnet"].partition("/")[2] for each in item["IPAM"]["Config"]],
    }


def _labels(labels: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in labels.items() if name not in _OF_A_RUN}
