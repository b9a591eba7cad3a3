"""Paths of the host: what is written differently and means the same, and what gives all away."""

from __future__ import annotations

from typing import Final

_WAYS_IN: Final = (
    "/proc",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/podman/podman.sock",
    "/run/buildkit/buildkitd.sock",
    "/run/user",
    "/run/dbus/system_bus_socket",
    "/run/systemd",
    "/var/lib/containerd",
    "/var/lib/docker",
)
_SOCKET_NAMES: Final = frozenset(
    {"docker.sock", "containerd.sock", "crio.sock", "podman.sock", "buildkitd.sock"}
)
_ALIASES: Final = (("/var/run", "/run"),)


def looks_like_path(source: str) -> bool:
    """Tell whether *source* of a mount means a place on the host and no name of a volume."""
    return source.startswith((".", "~")) or "/" in source or "\\" in source


def normal(path: str) -> str:
    """Write *path* without ``.``, ``..`` and doubled slashes, as if no part were a link."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts) if path.startswith("/") else path


def reaches_engine(path: str) -> bool:
    """Tell whether *path* is something that commands the host, or a folder with that in it."""
    real = _without_links(normal(path))
    if real.rpartition("/")[2] in _SOCKET_NAMES:
        return True
    return any(_is_inside(way, real) or _is_inside(real, way) for way in (*_WAYS_IN, "/var/run"))


def _without_links(path: str) -> str:
    """Follow the links that every system has."""
    # `/proc/1/root` is the whole host once more, and so are those of all other processes.
    parts = path.split("/")
    if len(parts) > 3 and parts[1] == "proc" and parts[3] in {"root", "cwd"}:  # noqa: PLR2004 - /proc/1/root
        path = "/" + "/".join(parts[4:])
    for alias, real in _ALIASES:
        if _is_inside(path, alias):
            return real + path[len(alias) :]
    return path


def _is_inside(path: str, folder: str) -> bool:
    return folder in {path, "/"} or path.startswith(f"{folder}/")
