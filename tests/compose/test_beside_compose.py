"""Small files of one rule each: the official loader accepts what we do, and reads the same."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.adapters.disk_source import DiskSource
from sandbox.compose.project import ProjectRequest, load_project
from sandbox.errors import InvalidComposeError
from sandbox.render.config import config_model

pytestmark = pytest.mark.slow

BINARY = Path(sys.executable).with_name("docker-compose")
SERVICE = "services:\n  a:\n    image: img\n"
RESOURCES = """\
volumes: {data: {}}
configs: {c: {content: hi}, d: {content: ho}}
secrets: {s: {file: ./s.txt}, t: {file: ./t.txt}}
"""

Files = dict[str, str]


def service(*lines: str) -> str:
    return SERVICE + "".join(f"    {line}\n" for line in lines) + RESOURCES


def over(base: str, own: str) -> Files:
    """Lay one attribute of a service over the same one of a file before it."""
    return {"1.yaml": service(base), "2.yaml": f"services: {{a: {{{own}}}}}\n"}


def context(value: str, *, profile: str = "") -> Files:
    """Let a service name *value* as a build context."""
    build = f"build: {{context: ., additional_contexts: {{d: '{value}'}}}}"
    profiles = f", profiles: [{profile}]" if profile else ""
    return {
        "1.yaml": "services:\n  plain: {image: i}\n  built: {image: i, build: .}\n"
        f"  off: {{build: ., profiles: [x]}}\n  a: {{{build}{profiles}}}\n"
    }


def included(text: str, *, own: str = SERVICE) -> Files:
    return {"1.yaml": f"include: [x.inc]\n{own}", "x.inc": text}


CASES: dict[str, Files] = {}
for number in ("80.5", "80.0", "8e1", ".inf", ".nan", "-0.0", "80", "0x50", "true", "'80.5'"):
    CASES[f"port {number}"] = {"1.yaml": service(f"ports: [{number}]")}
    CASES[f"published {number}"] = {
        "1.yaml": service(f"ports: [{{target: 80, published: {number}}}]")
    }
    CASES[f"expose {number}"] = {"1.yaml": service(f"expose: [{number}]")}
CASES["port laid over"] = over("ports: [80.5]", "ports: [81]")
CASES["port of an extended file"] = {
    "1.yaml": "services: {a: {extends: {service: b, file: x.inc}}}\n",
    "x.inc": "services: {b: {image: i, ports: [80.5]}}\n",
}
for hosts in (
    '["h=0.0.0.1,0.0.0.2"]',
    '["h:0.0.0.1,0.0.0.2"]',
    '["h=::1,::2"]',
    '["h=[::1],[::2]"]',
    '["h=[::1,::2]"]',
    '["h=1,"]',
    '["h=host-gateway,1"]',
    '{h: "1,2"}',
    '{h: ["1", "2"]}',
):
    CASES[f"hosts {hosts}"] = {"1.yaml": service(f"extra_hosts: {hosts}")}
    CASES[f"build hosts {hosts}"] = {
        "1.yaml": service(f"build: {{context: ., extra_hosts: {hosts}}}")
    }
CASES["hosts laid over"] = over('extra_hosts: ["h=1,2"]', 'extra_hosts: ["h:3"]')
for target in ("/x", "/x/", "//x", "/x/.", "/x/y/..", "/xy"):
    CASES[f"mount {target}"] = over("volumes: ['/a:/x']", f"volumes: ['/c:{target}']")
    CASES[f"volume {target}"] = over("volumes: ['data:/x']", f"volumes: ['{target}']")
    CASES[f"long mount {target}"] = over(
        "volumes: ['/a:/x']", f"volumes: [{{type: bind, source: /c, target: {target}}}]"
    )
    CASES[f"tmpfs {target}"] = over("tmpfs: ['/x']", f"tmpfs: ['{target}']")
    CASES[f"config {target}"] = over(
        "configs: [{source: c, target: /x}]", f"configs: [{{source: d, target: {target}}}]"
    )
    CASES[f"secret {target}"] = over(
        "secrets: [{source: s, target: /x}]", f"secrets: [{{source: t, target: {target}}}]"
    )
    CASES[f"device {target}"] = over("devices: ['/dev/a:/x']", f"devices: ['/dev/b:{target}']")
for empty in ("", "# hi\n", "{}\n", 'version: "2.1"\n', "include: []\n", "{}\n---\n{}\n"):
    CASES[f"empty {empty!r}"] = {"1.yaml": empty}
    CASES[f"empty twice {empty!r}"] = {"1.yaml": empty, "2.yaml": empty}
    CASES[f"empty before {empty!r}"] = {"1.yaml": empty, "2.yaml": SERVICE}
    CASES[f"empty included {empty!r}"] = included(empty)
    CASES[f"only empty included {empty!r}"] = included(empty, own="")
CASES["no services"] = {"1.yaml": "services: {}\n"}
CASES["a name alone"] = {"1.yaml": "name: q\n"}
CASES["only no services included"] = included("services: {}\n", own="")
for named in ("service:plain", "service:built", "service:off", "service:absent"):
    CASES[f"context {named}"] = context(named)
    CASES[f"context of a disabled service {named}"] = context(named, profile="z")
for kind in ("volume", "cluster", "tmpfs", "npipe"):
    mount = f"volumes: [{{type: {kind}, source: data, target: /d}}]"
    CASES[f"use by {kind}"] = {"1.yaml": service(mount)}
CASES["device without a target"] = {
    "1.yaml": service('devices: [{source: /dev/a, target: ""}]'),
}


def arguments(files: Files) -> tuple[str, ...]:
    return tuple(name for name in files if name.endswith(".yaml"))


def sorted_hosts(model: Any) -> Any:
    """Sort the hosts of each service and build: the official loader does so when it prints."""
    for one in model["services"].values():
        for holder in (one, one.get("build", {})):
            if "extra_hosts" in holder:
                holder["extra_hosts"].sort()
    return model


def their_reading(files: Files, folder: Path) -> Any:
    """Give what the official loader prints; ``None`` when it refuses."""
    named = [word for name in arguments(files) for word in ("-f", name)]
    done = subprocess.run(
        [BINARY, *named, "config", "--format", "json"],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
    )
    return sorted_hosts(json.loads(done.stdout)) if done.returncode == 0 else None


def our_reading(files: Files, folder: Path) -> Any:
    request = ProjectRequest(folder=str(folder), files=arguments(files), env_files=())
    try:
        return sorted_hosts(config_model(load_project(request, DiskSource()).tree))
    except InvalidComposeError:
        return None


@pytest.mark.parametrize("files", CASES.values(), ids=CASES.keys())
def test_a_small_file_reads_as_the_official_loader_reads_it(files: Files, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert our_reading(files, tmp_path) == their_reading(files, tmp_path)


def test_the_official_loader_accepts_some_of_the_small_files_and_refuses_others(
    tmp_path: Path,
) -> None:
    for name, accepted in (("port 80", True), ("port 80.5", False)):
        for file, text in CASES[name].items():
            (tmp_path / file).write_text(text)
        assert (their_reading(CASES[name], tmp_path) is not None) == accepted, name
