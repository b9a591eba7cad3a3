"""
Services of real projects, out of the corpus beside the repository, made small enough to create.

What the engine of a test cannot have is taken out of them: images and programs, other runtimes and
platforms, files of their repositories, and whatever ties them to other services.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.conformance.corpus import Corpus, find_corpus

CORPUS = find_corpus(Path(__file__).parents[2])
SERVICES = 60
_DROPPED = frozenset(
    [
        "annotations",
        "blkio_config",
        "build",
        "command",
        "configs",
        "container_name",
        "cpu_rt_period",
        "cpu_rt_runtime",
        "cpus",
        "cpuset",
        "credential_spec",
        "depends_on",
        "entrypoint",
        "external_links",
        "image",
        "isolation",
        "links",
        "models",
        "networks",
        "extends",
        "platform",
        "profiles",
        "provider",
        "pull_policy",
        "runtime",
        "scale",
        "secrets",
        "storage_opt",
        "use_api_socket",
        "volumes_from",
    ]
)
_MODES = frozenset({"network_mode", "ipc", "pid"})
_LOGGING = frozenset({"", "json-file", "local", "none"})


def corpus_file(corpus: Corpus) -> str:
    """Write one Compose file of the most different services of real projects, as JSON."""
    chosen: dict[str, Any] = {}
    volumes: dict[str, Any] = {}
    known: set[str] = set()
    taken: set[tuple[str, str]] = set()
    for service in _services(corpus):
        features = set(_features(service, ""))
        if features <= known:
            continue
        known |= features
        service["ports"] = [each for each in service["ports"] if _is_free(each, taken)]
        chosen[f"c{len(chosen):03}"] = service
        volumes |= {
            each["source"]: {}
            for each in service.get("volumes", ())
            if each["type"] == "volume" and each.get("source")
        }
        if len(chosen) == SERVICES:
            break
    return json.dumps({"x-sandbox": {}, "services": chosen, "volumes": volumes}, indent=1)


def _is_free(port: Mapping[str, Any], taken: set[tuple[str, str]]) -> bool:
    """Tell whether *port* is a number that no service before has; it is taken from now on."""
    bound = (port.get("published", ""), port["protocol"])
    if bound[0] and (bound in taken or not bound[0].isdecimal()):
        return False
    taken.add(bound)
    return True


def _services(corpus: Corpus) -> Iterator[dict[str, Any]]:
    for case in corpus.cases(kinds=["wild"]):
        path = corpus.home / "expected" / f"{case.id}.json"
        model = json.loads(path.read_text()) if path.is_file() else {"services": {}}
        external = {key for key, each in model.get("volumes", {}).items() if each.get("external")}
        for _, service in sorted(model["services"].items()):
            yield _small(service, external)


def _small(service: Mapping[str, Any], external: set[str]) -> dict[str, Any]:
    kept = {
        key: value
        for key, value in service.items()
        if key not in _DROPPED and not (key in _MODES and ":" in value)
    }
    kept.get("healthcheck", {}).pop("start_interval", None)  # newer than some engines
    if kept.get("memswap_limit") == "-1":
        kept["memswap_limit"] = -1  # Compose does not read what it prints
    kept["cap_add"] = [each for each in kept.get("cap_add", ()) if "BPF" not in each]
    kept["image"] = "debian:trixie-slim"
    kept["command"] = ["sleep", "9"]
    if kept.get("logging", {}).get("driver", "") not in _LOGGING:
        del kept["logging"]
    kept["volumes"] = [
        # What is at a path differs from machine to machine: a folder that is everywhere.
        each | {"target": f"/mnt{each['target']}"} | _somewhere(each)
        for each in service.get("volumes", ())
        if "@ROOT@" not in json.dumps(each)
        and each["type"] in {"volume", "bind", "tmpfs"}
        and each.get("source") not in external
        and "labels" not in (each.get("volume") or {})
    ]
    if "deploy" in kept:
        kept["deploy"] = _deploy(kept["deploy"])
    kept["ports"] = kept.get("ports", [])
    escaped: dict[str, Any] = _escaped(kept)
    return escaped


def _somewhere(mount: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"source": "/tmp"} if mount["type"] == "bind" else {}


def _deploy(deploy: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Keep one replica, and no more processors than a small machine has."""
    kept = {key: value for key, value in (deploy or {}).items() if key not in {"mode", "replicas"}}
    resources = {
        name: {key: value for key, value in each.items() if key != "cpus"}
        for name, each in (kept.get("resources") or {}).items()
    }
    return {**kept, "resources": resources}


def _escaped(value: Any) -> Any:
    """Write a dollar as the file has it."""
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    return value.replace("$", "$$").replace("@ROOT@", "/root") if isinstance(value, str) else value


def _features(value: Any, path: str) -> Iterator[str]:
    """Name the keys that are used, and short words that are a choice of few."""
    if isinstance(value, dict):
        free = path in {".environment", ".labels", ".extra_hosts", ".sysctls"}
        for key, each in value.items():
            yield from _features(each, path if free else f"{path}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from _features(each, f"{path}[]")
    elif isinstance(value, bool):
        yield f"{path}={value}"
    else:
        yield path
