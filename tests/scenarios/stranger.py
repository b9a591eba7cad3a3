"""
What a stranger does to containers and networks by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docker.errors

if TYPE_CHECKING:
    from tests.playground import Playground

TRIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody with a client of the engine who knows nothing of us."""

    client: docker.APIClient
    ground: Playground

    def id(self, service: str) -> str:
        return str(self.ground.container(service)["Id"])

    def name(self, service: str) -> str:
        return str(self.ground.container(service)["Name"]).removeprefix("/")

    def network(self, key: str) -> str:
        return f"play-staging-{self.ground.instance[:6]}_{key}"

    def detach(self, service: str, key: str) -> None:
        self.client.disconnect_container_from_network(
            self.id(service), self.network(key), force=True
        )

    def remove_network(self, key: str) -> None:
        """Force everything off a network, and remove it, against a controller that puts it back."""
        for _ in range(TRIES):
            for item in self.ground.containers():
                if self.network(key) in item["NetworkSettings"]["Networks"]:
                    self.client.disconnect_container_from_network(
                        item["Id"], self.network(key), force=True
                    )
            try:
                self.client.remove_network(self.network(key))
            except docker.errors.APIError as error:
                if "active endpoints" not in str(error):
                    raise
            else:
                return
        message = f"network {key} was put back {TRIES} times before it could be removed"
        raise AssertionError(message)


def limit_memory(who: Stranger) -> None:
    who.client.update_container(who.id("web"), mem_limit="96m", memswap_limit="192m")


def limit_processors(who: Stranger) -> None:
    # docker-py has no word for what `docker update --cpus` sends.
    raw: Any = who.client
    url = raw._url("/containers/{0}/update", who.id("web"))
    raw._raise_for_status(raw._post_json(url, {"NanoCpus": 500_000_000}))


def restart_always(who: Stranger) -> None:
    who.client.update_container(who.id("web"), restart_policy={"Name": "always"})


def detach_one(who: Stranger) -> None:
    who.detach("web", "back")


def detach_all(who: Stranger) -> None:
    who.detach("web", "back")
    who.detach("web", "front")


def attach(who: Stranger) -> None:
    who.client.connect_container_to_network(who.id("db"), who.network("front"))


def lose_aliases(who: Stranger) -> None:
    who.detach("web", "back")
    who.client.connect_container_to_network(who.id("web"), who.network("back"))


def rename(who: Stranger) -> None:
    who.client.rename(who.id("web"), f"stranger-{who.ground.instance}")


def swap_names(who: Stranger) -> None:
    web, database = who.id("web"), who.id("db")
    web_name, database_name = who.name("web"), who.name("db")
    who.client.rename(web, f"stranger-{who.ground.instance}")
    who.client.rename(database, web_name)
    who.client.rename(web, database_name)


def pause(who: Stranger) -> None:
    who.client.pause(who.id("web"))


def pause_and_detach(who: Stranger) -> None:
    pause(who)
    detach_one(who)


def stop(who: Stranger) -> None:
    who.client.stop(who.id("web"))


def kill_dependency(who: Stranger) -> None:
    who.client.kill(who.id("db"))


def kill_and_detach(who: Stranger) -> None:
    who.client.kill(who.id("web"))
    detach_one(who)


def remove(who: Stranger) -> None:
    who.client.remove_container(who.id("web"), force=True)


def remove_network(who: Stranger) -> None:
    who.remove_network("front")


def remove_network_of_stopped(who: Stranger) -> None:
    who.client.kill(who.id("web"))
    who.remove_network("front")


def remove_network_below_stopped(who: Stranger) -> None:
    # What is attached to a network and does not run does not keep it from being removed.
    who.client.kill(who.id("web"))
    who.client.remove_network(who.network("front"))


def remove_all_but_data(who: Stranger) -> None:
    for service in ("web", "prepare", "db"):
        who.client.remove_container(who.id(service), force=True)
    for key in ("front", "back"):
        who.client.remove_network(who.network(key))
