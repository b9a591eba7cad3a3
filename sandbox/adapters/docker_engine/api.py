"""
The part of docker-py's low-level client that is used here, with its types.

The published stubs leave most of these untyped; `docker.APIClient` fulfils this Protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO

    import requests

Json: TypeAlias = dict[str, Any]
"""One JSON object as the engine sends or takes it."""


class Api(Protocol):
    """See the documentation of `docker.APIClient` for each; names and meanings are its own."""

    base_url: str
    timeout: int
    trust_env: bool
    hooks: dict[str, list[Callable[..., object]]]

    @property
    def api_version(self) -> str: ...
    def close(self) -> None: ...
    def mount(self, prefix: str, adapter: object) -> None: ...
    def get(
        self, url: str, *, params: Json | None = None, stream: bool = False, timeout: float | None
    ) -> requests.Response: ...

    def head(self, url: str, *, params: Json, timeout: float | None) -> requests.Response: ...
    def post(self, url: str, *, json: Json, timeout: float | None) -> requests.Response: ...

    def info(self) -> Json: ...
    def containers(self, *, all: bool) -> list[Json]: ...  # noqa: A002 - docker-py's own name
    def inspect_container(self, container: str) -> Json: ...
    def networks(self, names: list[str] | None = None) -> list[Json]: ...
    def volumes(self) -> Json: ...
    def df(self) -> Json: ...
    def inspect_volume(self, name: str) -> Json: ...
    def inspect_image(self, image: str) -> Json: ...

    def remove_network(self, net_id: str) -> None: ...
    def remove_volume(self, name: str) -> None: ...
    def create_container_from_config(
        self, config: Json, name: str, platform: str | None
    ) -> Json: ...
    def put_archive(self, container: str, path: str, data: bytes) -> bool: ...
    def start(self, container: str) -> None: ...
    def stop(self, container: str, timeout: int) -> None: ...
    def unpause(self, container: str) -> None: ...
    def rename(self, container: str, name: str) -> None: ...
    def remove_container(self, container: str, *, v: bool) -> None: ...
    def connect_container_to_network(
        self,
        container: str,
        net_id: str,
        *,
        ipv4_address: str | None,
        ipv6_address: str | None,
        link_local_ips: list[str] | None,
        links: list[tuple[str, ...]] | None,
        driver_opt: dict[str, str] | None,
        mac_address: str | None,
        aliases: list[str],
    ) -> None: ...
    def disconnect_container_from_network(self, container: str, net_id: str) -> None: ...

    def build(
        self,
        *,
        fileobj: IO[bytes],
        custom_context: bool,
        decode: bool,
        dockerfile: str,
        tag: str,
        target: str | None,
        buildargs: dict[str, str],
        labels: dict[str, str],
        cache_from: list[str],
        network_mode: str | None,
        extra_hosts: dict[str, str] | None,
        shmsize: int | None,
        platform: str | None,
        pull: bool,
        nocache: bool,
        rm: bool,
        forcerm: bool,
        timeout: int,
    ) -> Iterator[Json]: ...
    def tag(self, image: str, repository: str, tag: str | None = None) -> bool: ...
    def pull(
        self,
        repository: str,
        tag: str | None = None,
        *,
        stream: bool,
        decode: bool,
        platform: str | None,
    ) -> Iterator[Json]: ...

    def exec_create(
        self,
        container: str,
        cmd: Sequence[str],
        *,
        stdin: bool = False,
        tty: bool = False,
        user: str = "",
        privileged: bool = False,
        workdir: str | None = None,
        environment: dict[str, str] | None = None,
    ) -> Json: ...
    def exec_inspect(self, exec_id: str) -> Json: ...
    def exec_resize(self, exec_id: str, *, height: int, width: int) -> None: ...
