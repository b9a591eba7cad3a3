"""
From the servers that run to those that should.
"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.ingress import Backend, IngressConfig, RouteMode, Server
from sandbox.planning.haproxy_changes import RunningServer, ServerChanges, server_changes

Servers = dict[tuple[str, str], RunningServer]


def config(*servers: Server, backend: str = "web-80") -> IngressConfig:
    web = Backend(name=backend, service_name="web", mode=RouteMode.HTTP, servers=servers)
    return IngressConfig(backends=(web,))


def wanted(name: str, weight: int = 100, address: str = "10.0.0.1") -> Server:
    return Server(name=name, address=address, port=80, weight=weight)


def running(
    name: str, weight: int = 100, address: str = "10.0.0.1", *, in_use: bool = True
) -> RunningServer:
    return RunningServer(
        backend="web-80", name=name, address=address, port=80, weight=weight, in_use=in_use
    )


def carry_out(servers: Servers, changes: ServerChanges) -> list[Servers]:
    """Do to *servers* what HAProxy would; give every state on the way."""
    states = [dict(servers)]
    for command in changes.commands:
        states.append(dict(states[-1]) | _carried_out(states[-1], command.split()))
    assert all(not states[-1][_key(path)].in_use for path in changes.removals), "in maintenance"
    removed = {_key(path) for path in changes.removals}
    states.append({key: server for key, server in states[-1].items() if key not in removed})
    return states


def _carried_out(servers: Servers, words: list[str]) -> Servers:
    match words:
        case ["add", "server", path, place, "weight", weight, "pool-purge-delay", "1s"]:
            backend, name = key = _key(path)
            assert key not in servers, "it is there already"
            address, port = place.split(":")
            server = RunningServer(
                backend=backend,
                name=name,
                address=address,
                port=int(port),
                weight=int(weight),
                in_use=False,
            )
            return {key: server}
        case ["enable", "server", path]:
            return {_key(path): replace(servers[_key(path)], in_use=True)}
        case ["set", "server", path, "state", "maint"]:
            return {_key(path): replace(servers[_key(path)], in_use=False)}
        case ["set", "server", path, "weight", weight]:
            return {_key(path): replace(servers[_key(path)], weight=int(weight))}
        case ["set", "server", path, "addr", address, "port", port]:
            return {_key(path): replace(servers[_key(path)], address=address, port=int(port))}
        case _:
            raise AssertionError(words)


def _key(path: str) -> tuple[str, str]:
    backend, _, name = path.partition("/")
    return backend, name


def serving(servers: Servers) -> bool:
    return any(server.in_use and server.weight for server in servers.values())


def test_what_runs_already_takes_no_word() -> None:
    assert server_changes([running("a")], config(wanted("a"))) == ServerChanges()


def test_a_new_server_serves_before_the_old_one_stops() -> None:
    changes = server_changes([running("a")], config(wanted("b")))
    assert changes.commands == (
        "add server web-80/b 10.0.0.1:80 weight 100 pool-purge-delay 1s",
        "enable server web-80/b",
        "set server web-80/a state maint",
    )
    assert changes.removals == ("web-80/a",)


def test_weights_rise_before_others_fall() -> None:
    changes = server_changes(
        [running("a", 100), running("b", 0)], config(wanted("a", 0), wanted("b", 100))
    )
    assert changes.commands == (
        "set server web-80/b weight 100",
        "set server web-80/a weight 0",
    )


def test_a_server_that_could_not_be_removed_is_tried_again_without_another_word() -> None:
    changes = server_changes([running("a"), running("b", in_use=False)], config(wanted("a")))
    assert changes == ServerChanges(removals=("web-80/b",))


NAMES = st.sampled_from(["a", "b", "c", "d"])
FIELDS = {"weight": st.integers(0, 256), "address": st.sampled_from(["10.0.0.1", "10.0.0.2"])}
WANTED = st.lists(st.builds(wanted, NAMES, **FIELDS), unique_by=lambda each: each.name, max_size=4)
RUNNING = st.lists(
    st.builds(running, NAMES, in_use=st.booleans(), **FIELDS),
    unique_by=lambda each: each.name,
    max_size=4,
)


@given(before=RUNNING, after=WANTED)
def test_from_any_state_the_changes_lead_to_what_is_wanted(
    before: list[RunningServer], after: list[Server]
) -> None:
    start = {(each.backend, each.name): each for each in before}
    states = carry_out(start, server_changes(before, config(*after)))
    end = {
        each.name: (each.address, each.port, each.weight, each.in_use)
        for each in states[-1].values()
    }
    assert end == {each.name: (each.address, each.port, each.weight, True) for each in after}
    again = server_changes(states[-1].values(), config(*after))
    assert again == ServerChanges()
    if serving(states[0]) and serving(states[-1]):
        assert all(serving(state) for state in states)


@given(before=RUNNING, after=WANTED, stopped_after=st.integers(0, 10))
def test_what_was_left_half_done_is_finished_by_the_next(
    before: list[RunningServer], after: list[Server], stopped_after: int
) -> None:
    start = {(each.backend, each.name): each for each in before}
    states = carry_out(start, server_changes(before, config(*after)))
    half = states[min(stopped_after, len(states) - 1)]
    finished = carry_out(half, server_changes(half.values(), config(*after)))[-1]
    assert finished == states[-1]
