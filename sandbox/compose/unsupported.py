"""
What the loader understands and nobody here acts on: refused with the reason, or harmless.

Whatever is in none of these tables is acted on by the module that reads it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.node import MapNode, Node, items, mapping, text

_SWARM = "has a meaning for Swarm only"
_WINDOWS = "is for containers of Windows, and this engine runs those of Linux"
_BUILDER = "needs BuildKit, and images are built with the engine's own builder"

REFUSED: Mapping[str, str] = {
    "cpu_count": _WINDOWS,
    "cpu_percent": _WINDOWS,
    "credential_spec": _WINDOWS,
    "isolation": _WINDOWS,
    "models": "needs a runner of models, which is not part of the engine",
    "provider": "hands the service to a program of this machine, which no commit describes",
    "use_api_socket": "hands the engine to the service; bind its socket if you must, by policy",
}
HARMLESS = frozenset({"attach", "develop", "extends", "profiles", "pull_refresh_after"})
"""They say nothing about the container."""

REFUSED_BUILD: Mapping[str, str] = {
    "additional_contexts": _BUILDER,
    "cache_to": _BUILDER,
    "entitlements": _BUILDER,
    "isolation": _WINDOWS,
    "privileged": _BUILDER,
    "provenance": _BUILDER,
    "sbom": _BUILDER,
    "secrets": _BUILDER,
    "ssh": _BUILDER,
    "ulimits": "is not taken by the engine's own builder; set them where the command runs",
}
HARMLESS_DEPLOY = frozenset({"endpoint_mode", "labels", "placement"})
"""They speak to Swarm, and Compose does nothing with them either."""


def check_supported(service: MapNode, place: Place) -> None:
    """Report every key of *service* that nobody would act on."""
    _refuse(service, REFUSED, place)
    build = mapping(service.get("build"))
    refused = {
        key: why
        for key, why in REFUSED_BUILD.items()
        # "false" asks for what is done anyway.
        if text(build.get(key)) not in {"false", "False"}
    }
    _refuse(build, refused, place.at("build"))
    _check_deploy(mapping(service.get("deploy")), place.at("deploy"))


def _refuse(node: MapNode, refused: Mapping[str, str], place: Place) -> None:
    for key, why in refused.items():
        if key in node.values:
            place.at(key).problem(key_mark(node, key), f"`{key}` is not supported: it {why}")


def _check_deploy(deploy: MapNode, place: Place) -> None:
    mode = deploy.get("mode")
    replicas = deploy.get("replicas")
    if mode is not None and text(mode) == "global" and replicas is not None:
        place.at("replicas").warn(
            replicas, "`replicas` counts although the mode is global, as in Compose"
        )
    elif mode is not None and text(mode) not in {"", "replicated", "global"}:
        place.at("mode").problem(
            mode,
            f"`deploy.mode: {text(mode)}` is not supported: it {_SWARM}",
            "remove it",
        )
    reservations = mapping(mapping(deploy.get("resources")).get("reservations"))
    here = place.at("resources", "reservations")
    if items(reservations.get("generic_resources")):
        here.at("generic_resources").problem(
            key_mark(reservations, "generic_resources"),
            f"`generic_resources` is not supported: it {_SWARM}",
        )
    if reservations.get("cpus") is not None:
        where: Node = reservations.values["cpus"]
        here.at("cpus").warn(where, f"reserved processors change nothing: that {_SWARM}")
    policy = mapping(deploy.get("restart_policy"))
    for key in sorted(policy.values.keys() & {"delay", "window"}):
        where = policy.values[key]
        place.at("restart_policy", key).warn(where, f"`{key}` changes nothing: it {_SWARM}")
