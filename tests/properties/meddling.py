"""
What a person, a crash or a race does to one container of ours; one function each.
"""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st

from sandbox.model.ingress import IngressConfig
from sandbox.model.observed import ContainerState, EngineHealth, ObservedContainer
from sandbox.model.service import Limits
from sandbox.planning.labels import REPLICA, SERVICE
from tests.builders import INSTANCE
from tests.properties.engine import LIVE, SimulatedEngine

Meddling = Callable[[st.DrawFn, SimulatedEngine, ObservedContainer], None]


def meddle(draw: st.DrawFn, engine: SimulatedEngine, *, hostile: bool) -> None:
    """
    Do one thing to one container, if it makes sense for it.
    """
    if not engine.containers:
        return
    found = engine.containers[draw(st.sampled_from(sorted(engine.containers)))]
    kinds = [*FRIENDLY, *HOSTILE] if hostile else FRIENDLY
    kind = draw(st.sampled_from(kinds))
    # A job that was ended by hand is a failed one, which is held: that is for hostile worlds.
    if hostile or kind not in ENDING or found.labels.get(SERVICE) not in engine.job_names:
        kind(draw, engine, found)


def stop(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state in LIVE:
        exited = ContainerState.EXITED
        engine.put(found, state=exited, exit_code=137, oom_killed=True, host_ports=(), addresses={})


def pause(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state in LIVE:
        engine.put(found, state=ContainerState.PAUSED)


def restarting(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state in LIVE:
        engine.put(found, state=ContainerState.RESTARTING, ready=False)


def dead(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state not in LIVE:
        engine.put(found, state=ContainerState.DEAD)


def starting(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state in LIVE and found.probed:
        health = EngineHealth.STARTING
        engine.put(found, state=ContainerState.RUNNING, ready=False, health=health)


def unhealthy(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state in LIVE and found.probed:
        health = EngineHealth.UNHEALTHY
        engine.put(found, state=ContainerState.RUNNING, ready=True, health=health)


def removing(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state not in LIVE:
        engine.forget(found)
        engine.put(found, state=ContainerState.REMOVING)


def fail(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state is ContainerState.EXITED:
        engine.put(found, exit_code=3)


def refuse_start(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.state is ContainerState.CREATED:
        engine.put(found, error="no such file", exit_code=127)


def rename(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    engine.put(found, name=f"renamed-{found.id}")


def swap(draw: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    other = engine.containers[draw(st.sampled_from(sorted(engine.containers)))]
    if other.id != found.id:
        engine.put(found, name=other.name)
        engine.put(other, name=found.name)


def limit(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    engine.put(found, limits=Limits(memory_bytes=1 << 20, restart="always"))


def remove(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    engine.forget(found)
    del engine.containers[found.id]


def detach(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    names = sorted(found.networks)
    left = {name: each for name, each in found.addresses.items() if name not in names[:1]}
    engine.put(found, networks={name: found.networks[name] for name in names[1:]}, addresses=left)


def forget_aliases(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    engine.put(found, networks=dict.fromkeys(found.networks, ()))


def attach(draw: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    names = sorted(each.name for each in engine.networks.values())
    if names:
        engine.put(found, networks={draw(st.sampled_from(names)): (), **found.networks})


def forget_config(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    engine.configs.pop(found.id, None)


def misconfigure(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    if found.id in engine.configs:
        engine.configs[found.id] = IngressConfig()


def unmount(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    engine.forget(found)
    engine.put(found, volumes={})


def change_image(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    engine.put(found, image_id="sha256:other")


def untag(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    engine.images.pop(engine.specs[found.id].service.image, None)


def duplicate(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    _copy(engine, found, f"copy-{found.id}")


def orphan(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    copy = _copy(engine, found, f"orphan-{found.id}")
    engine.put(copy, labels={**found.labels, SERVICE: "gone"})


def break_labels(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    copy = _copy(engine, found, f"broken-{found.id}")
    engine.put(copy, labels={**found.labels, REPLICA: "many"})


def leave_a_network(_: st.DrawFn, engine: SimulatedEngine, found: ObservedContainer) -> None:
    leave_network(engine)


def leave_network(engine: SimulatedEngine) -> None:
    """
    A network of ours that nobody declares.
    """
    some = next(iter(engine.networks.values()), None)
    if some and "net-left" not in engine.networks:
        name = f"shop-staging-{INSTANCE[:6]}_left"
        engine.networks["net-left"] = replace(some, id="net-left", name=name, subnets=())
        engine.definitions["net-left"] = engine.definitions[some.id]


def _copy(engine: SimulatedEngine, found: ObservedContainer, name: str) -> ObservedContainer:
    if name not in engine.containers:
        state = ContainerState.EXITED if found.state in LIVE else found.state
        exit_code = 0 if found.state is ContainerState.EXITED else 1
        copy = replace(
            found,
            id=name,
            name=name,
            host_ports=(),
            addresses={},
            state=state,
            exit_code=exit_code,
        )
        engine.containers[name] = copy
        engine.specs[name] = engine.specs[found.id]
        if found.id in engine.files:
            engine.files[name] = engine.files[found.id]
    return engine.containers[name]


ENDING: tuple[Meddling, ...] = (stop, restarting, dead)
FRIENDLY: tuple[Meddling, ...] = (
    *ENDING,
    pause,
    starting,
    rename,
    swap,
    limit,
    remove,
    detach,
    forget_aliases,
    attach,
    forget_config,
    misconfigure,
    unmount,
    change_image,
    untag,
    duplicate,
    orphan,
    break_labels,
    leave_a_network,
)
HOSTILE: tuple[Meddling, ...] = (unhealthy, removing, fail, refuse_start)
