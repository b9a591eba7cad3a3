"""
What happens to an environment, case by case, and the plan that follows.

``python -m tests.planning.cases`` writes the golden file anew; read what differs, then commit it.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.model.desired import AddressPool, DesiredState, Network, Volume
from sandbox.model.gate import Gate, GatePhase, GateVerdict
from sandbox.model.ingress import RouteMode
from sandbox.model.observed import (
    ContainerState,
    EngineHealth,
    ObservedContainer,
    ObservedState,
    ObservedVolume,
    TakenPort,
)
from sandbox.model.plan import Plan, SyncPolicy
from sandbox.model.rollout import (
    Analysis,
    CanaryStep,
    FailureAction,
    Order,
    Rollout,
    UpdateConfig,
)
from sandbox.model.service import Attachment, Condition, Limits, Port, Service, VolumeMount
from sandbox.model.waiver import Subject, Waiver, WaiverFile
from sandbox.planning.gates import gate_inputs
from sandbox.planning.haproxy import config_hash
from sandbox.planning.labels import REVISION, SERVICE
from sandbox.planning.place_volumes import place_volume
from sandbox.planning.plan import plan_sync
from sandbox.planning.routes import INGRESS
from sandbox.planning.spec import container_spec
from sandbox.planning.traffic import (
    FULL,
    canary_shares,
    ingress_networks,
    meant_config,
    shared_address,
    with_shares,
)
from sandbox.render.plan import plan_text
from tests.builders import (
    NOW,
    a_build,
    a_container,
    a_desired_state,
    a_file,
    a_healthcheck,
    a_running_state,
    a_service,
    an_observed_state,
    an_owner,
    configured,
    waits_for,
)

GOLDEN = Path(__file__).parent.parent / "golden" / "plan.txt"
OUTSIDE_ALLOWED = WaiverFile(
    waivers=(
        Waiver(
            environment="staging",
            subject=Subject.NETWORK,
            name="default",
            key="external",
            value="outside",
            reason="the proxy of this machine is there",
        ),
    )
)
PREFIX = "shop-staging-c0ffee_"
Case = Callable[[], Plan]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    CASES[function.__name__.replace("_", " ")] = function
    return function


def golden_text() -> str:
    return "\n".join(f"## {name}\n{plan_text(make())}\n" for name, make in CASES.items())


def a_web(**changes: object) -> Service:
    service = a_service(
        "web",
        build=a_build(),
        image="shop/web:00112233445566aa",
        environment={"HEADLINE": "Hello"},
        ports=[Port(target=8000, published=8081, published_end=8081)],
        files=[a_file()],
        depends_on=[
            waits_for("db", Condition.HEALTHY),
            waits_for("migrate", Condition.COMPLETED),
        ],
        healthcheck=a_healthcheck(),
        limits=Limits(memory_bytes=256 << 20),
    )
    return replace(service, **changes)  # type: ignore[arg-type] # any field


def a_db() -> Service:
    return a_service(
        "db",
        mounts=[VolumeMount(volume="db-data", target="/var/lib/data")],
        healthcheck=a_healthcheck(),
    )


def a_migration() -> Service:
    return replace(
        a_web(),
        name="migrate",
        depends_on=(waits_for("db", Condition.HEALTHY),),
        ports=(),
        files=(),
    )


def the_shop(**changes: object) -> DesiredState:
    return a_desired_state(a_web(**changes), a_db(), a_migration())


def only(service: Service, **container: object) -> tuple[DesiredState, ObservedState]:
    desired = a_desired_state(service)
    return desired, an_observed_state(desired, a_container(desired, service, **container))  # type: ignore[arg-type] # any field


def a_state_with_place_volumes(desired: DesiredState) -> ObservedState:
    """
    What runs when every first container has a volume at ``/data`` that the file gives no name.
    """
    containers: list[ObservedContainer] = []
    volumes: list[ObservedVolume] = []
    for service in desired.services:
        made = a_container(desired, service)
        volume = place_volume(made.labels, "/data")
        containers.append(replace(made, volumes={"/data": volume.name}))
        volumes.append(ObservedVolume(name=volume.name, labels=volume.labels))
    return replace(an_observed_state(desired, *containers), volumes=tuple(volumes))


def sync(desired: DesiredState, observed: ObservedState, **policy: object) -> Plan:
    return plan_sync(desired, observed, SyncPolicy(**policy))  # type: ignore[arg-type] # any field


@case
def nothing_exists_yet() -> Plan:
    shop = the_shop()
    return sync(shop, an_observed_state(shop, networks=[], volumes=[], images={}))


@case
def everything_is_as_declared() -> Plan:
    return sync(the_shop(), a_running_state(the_shop()))


@case
def only_the_order_of_sets_changed() -> Plan:
    web = replace(a_web(), cap_add=("CHOWN", "KILL"), depends_on=(), expose=("1", "2"))
    same = replace(web, cap_add=("KILL", "CHOWN"), expose=("2", "1"), place="elsewhere:9")
    return sync(a_desired_state(same), a_running_state(a_desired_state(web)))


@case
def one_variable_changed() -> Plan:
    return sync(the_shop(environment={"HEADLINE": "Hi"}), a_running_state(the_shop()))


@case
def a_secret_variable_changed() -> Plan:
    before, after = ({"DB_PASSWORD": text} for text in ("correct horse", "battery staple"))
    return sync(the_shop(environment=after), a_running_state(the_shop(environment=before)))


@case
def the_content_of_a_file_changed() -> Plan:
    return sync(the_shop(files=(a_file(content=b"off"),)), a_running_state(the_shop()))


@case
def the_source_changed_so_two_services_share_one_build() -> Plan:
    web = a_web(build=a_build(content="c2"), image="shop/web:ffffffffffffffff")
    migrate = replace(a_migration(), build=web.build, image="shop/migrate:ffffffffffffffff")
    return sync(a_desired_state(web, a_db(), migrate), a_running_state(the_shop()))


@case
def an_interrupted_run_left_a_created_container() -> Plan:
    return sync(*only(a_service(files=[a_file()]), state=ContainerState.CREATED))


@case
def an_interrupted_run_left_a_created_container_off_its_network() -> Plan:
    return sync(*only(a_service(), state=ContainerState.CREATED, networks={}))


@case
def an_interrupted_run_left_a_container_that_is_not_ready() -> Plan:
    service = a_service(healthcheck=a_healthcheck())
    return sync(*only(service, ready=False, health=EngineHealth.STARTING))


@case
def an_interrupted_replacement_left_old_and_new() -> Plan:
    old, new = a_service(environment={"A": "1"}), a_service(environment={"A": "2"})
    desired = a_desired_state(new)
    return sync(
        desired,
        an_observed_state(
            desired,
            a_container(a_desired_state(old), old),
            a_container(desired, new, state=ContainerState.CREATED),
        ),
    )


@case
def a_container_was_removed() -> Plan:
    desired = a_desired_state(a_service())
    return sync(desired, an_observed_state(desired))


@case
def a_container_was_killed() -> Plan:
    return sync(*only(a_service(), state=ContainerState.EXITED, exit_code=137, oom_killed=True))


@case
def a_container_was_paused() -> Plan:
    return sync(*only(a_service(), state=ContainerState.PAUSED))


@case
def a_container_was_renamed() -> Plan:
    return sync(*only(a_service(), name="somebodys-web"))


@case
def the_memory_limit_was_changed() -> Plan:
    service = a_service(limits=Limits(memory_bytes=256 << 20))
    return sync(*only(service, limits=Limits(memory_bytes=64 << 20)))


@case
def the_restart_policy_was_changed() -> Plan:
    return sync(*only(a_service(), limits=Limits(restart="always")))


@case
def a_container_was_disconnected_from_its_network() -> Plan:
    return sync(*only(a_service(), networks={}))


@case
def a_container_was_connected_to_a_foreign_network() -> Plan:
    networks = {f"{PREFIX}default": ("web",), "extra": ()}
    return sync(*only(a_service(), networks=networks))


@case
def a_container_lost_its_name_on_the_network() -> Plan:
    return sync(*only(a_service(), networks={f"{PREFIX}default": ()}))


@case
def the_reference_means_another_image() -> Plan:
    return sync(*only(a_service(), image_id="sha256:0123456789abcdef"))


@case
def an_image_was_removed_under_a_running_container() -> Plan:
    desired, observed = only(a_service())
    return sync(desired, replace(observed, images={}))


@case
def a_dead_container_cannot_be_started() -> Plan:
    return sync(*only(a_service(), state=ContainerState.DEAD))


@case
def an_unhealthy_container_is_left_to_its_health() -> Plan:
    return sync(*only(a_service(healthcheck=a_healthcheck()), health=EngineHealth.UNHEALTHY))


@case
def an_unhealthy_container_of_a_new_revision_is_awaited() -> Plan:
    given = only(a_service(healthcheck=a_healthcheck()), health=EngineHealth.UNHEALTHY)
    return sync(*given, unjudged=True)


@case
def a_container_of_a_new_revision_that_nobody_saw_is_awaited() -> Plan:
    return sync(*only(a_service()), unjudged=True)


@case
def a_container_that_became_unhealthy_between_syncs_is_no_revision_s() -> Plan:
    service = a_service("web", healthcheck=a_healthcheck())
    desired, observed = only(service, health=EngineHealth.UNHEALTHY)
    (web,) = observed.containers
    observed = replace(observed, containers=(replace(web, seen_ready=True),))
    return sync(desired, observed, unjudged=True, ailing={"web": ""})


@case
def an_unhealthy_container_that_no_sync_saw_ready_is_awaited_however_long_it_is_so() -> Plan:
    given = only(a_service("web", healthcheck=a_healthcheck()), health=EngineHealth.UNHEALTHY)
    return sync(*given, unjudged=True, ailing={"web": ""})


@case
def a_second_container_of_one_replica_runs() -> Plan:
    desired, service = a_desired_state(a_service()), a_service()
    right, copy = a_container(desired, service), a_container(desired, service, name="copy")
    return sync(desired, an_observed_state(desired, right, copy))


@case
def replicas_went_down_from_three_to_one() -> Plan:
    before = a_desired_state(a_service(replicas=3))
    return sync(a_desired_state(a_service()), a_running_state(before))


def on_ports(one: int, two: int, route: RouteMode | None) -> DesiredState:
    ports = [Port(target=80, published=number, published_end=number) for number in (one, two)]
    a = a_service("a", ports=ports[:1])
    b = a_service("b", ports=ports[1:], depends_on=[waits_for("a", Condition.HEALTHY)])
    return a_desired_state(replace(a, route=route), replace(b, route=route))


@case
def two_services_swapped_their_ports() -> Plan:
    before, after = on_ports(8002, 8001, None), on_ports(8001, 8002, None)
    return sync(after, a_running_state(before))


@case
def two_services_swapped_the_ports_that_they_bind_themselves() -> Plan:
    before, after = (on_ports(*each, RouteMode.DIRECT) for each in ((8002, 8001), (8001, 8002)))
    return sync(after, a_running_state(before))


@case
def two_services_swapped_their_fixed_addresses() -> Plan:
    one, two = (
        a_service(name, attachments=[Attachment(network="default", ipv4_address=f"10.9.0.{last}")])
        for name, last in (("one", 5), ("two", 6))
    )
    before = a_desired_state(one, two)
    running = tuple(
        replace(
            a_container(before, each),
            addresses={f"{PREFIX}default": each.attachments[0].ipv4_address},
        )
        for each in (one, two)
    )
    after = a_desired_state(
        replace(one, attachments=two.attachments), replace(two, attachments=one.attachments)
    )
    return sync(after, an_observed_state(before, *running))


def on_subnets(**subnets: str) -> DesiredState:
    networks = [
        Network(key=key, pools=(AddressPool(subnet=each),)) for key, each in subnets.items()
    ]
    services = [a_service(f"at-{key}", attachments=[Attachment(network=key)]) for key in subnets]
    return a_desired_state(*services, networks=networks)


@case
def a_network_is_renamed_and_keeps_its_subnet() -> Plan:
    before, after = on_subnets(old="10.9.0.0/24"), on_subnets(new="10.9.0.0/24")
    return sync(after, a_running_state(before))


@case
def two_networks_swapped_their_subnets() -> Plan:
    before = on_subnets(one="10.9.1.0/24", two="10.9.2.0/24")
    after = on_subnets(one="10.9.2.0/24", two="10.9.1.0/24")
    return sync(after, a_running_state(before))


@case
def a_service_is_renamed_and_keeps_its_volume() -> Plan:
    mounts = [VolumeMount(volume="data", target="/data")]
    before = a_desired_state(a_service("db", mounts=mounts))
    return sync(a_desired_state(a_service("database", mounts=mounts)), a_running_state(before))


@case
def two_containers_swapped_their_names() -> Plan:
    a, b = a_service("a"), a_service("b")
    desired = a_desired_state(a, b)
    names = [container_spec(an_owner(), desired, each, 1).name for each in (b, a)]
    containers = [
        a_container(desired, each, name=name) for each, name in zip((a, b), names, strict=True)
    ]
    return sync(desired, an_observed_state(desired, *containers))


@case
def a_service_is_no_longer_declared() -> Plan:
    before = a_desired_state(
        a_service("old", attachments=[Attachment(network="back")]), a_service()
    )
    return sync(a_desired_state(a_service()), a_running_state(before))


@case
def a_service_is_no_longer_declared_and_prune_is_off() -> Plan:
    before = a_desired_state(
        a_service("old", attachments=[Attachment(network="back")]), a_service()
    )
    return sync(a_desired_state(a_service()), a_running_state(before), prune=False)


@case
def nothing_is_declared() -> Plan:
    return sync(a_desired_state(), a_running_state(the_shop()))


@case
def nothing_is_declared_on_purpose() -> Plan:
    return sync(a_desired_state(allow_empty=True), a_running_state(a_desired_state(a_service())))


@case
def the_definition_of_a_network_changed() -> Plan:
    internal = [Network(key="default", internal=True)]
    after = a_desired_state(a_web(), a_db(), a_migration(), networks=internal)
    return sync(after, a_running_state(the_shop()))


@case
def the_definition_of_a_network_with_a_foreign_container_changed() -> Plan:
    observed = a_running_state(a_desired_state(a_service()))
    busy = [replace(each, endpoints=(*each.endpoints, "stranger")) for each in observed.networks]
    after = a_desired_state(a_service(), networks=[Network(key="default", internal=True)])
    return sync(after, replace(observed, networks=tuple(busy)))


@case
def an_external_network_is_missing() -> Plan:
    outside = [Network(key="default", name="outside", external=True)]
    desired = a_desired_state(a_service(), networks=outside)
    return sync(desired, an_observed_state(desired), waiver_file=OUTSIDE_ALLOWED)


@case
def an_external_network_is_not_allowed() -> Plan:
    outside = [Network(key="default", name="outside", external=True, place="compose.yaml:9")]
    desired = a_desired_state(a_service(), networks=outside)
    return sync(desired, an_observed_state(desired, foreign_networks=["outside"]))


@case
def what_hands_over_the_host_is_asked_for() -> Plan:
    places = {"cap_add": "compose.yaml:5", "security_opt": "compose.yaml:6"}
    service = replace(
        a_service("db"),
        cap_add=("SYS_ADMIN", "KILL"),
        security_opt=("seccomp:unconfined",),
        places=places,
    )
    desired = a_desired_state(service, a_service(depends_on=[waits_for("db")]))
    return sync(desired, an_observed_state(desired))


@case
def the_waiver_file_is_wrong() -> Plan:
    desired = a_desired_state(a_service())
    problems = ("policy.yaml:3:5: allow[0]: reason is missing",)
    wrong = WaiverFile(path="policy.yaml", problems=problems)
    return sync(desired, a_running_state(desired), waiver_file=wrong)


@case
def a_foreign_network_has_our_name() -> Plan:
    desired = a_desired_state(a_service())
    taken = [f"{PREFIX}default"]
    return sync(desired, an_observed_state(desired, networks=[], foreign_networks=taken))


@case
def no_subnet_is_free() -> Plan:
    desired = a_desired_state(a_service())
    observed = an_observed_state(desired, networks=[], used_subnets=["10.0.0.0/8"])
    return sync(desired, observed)


@case
def an_anonymous_volume_moves_to_the_new_container() -> Plan:
    before, after = (
        a_service(mounts=[VolumeMount(volume="", target="/data")], environment={"A": text})
        for text in "12"
    )
    return sync(a_desired_state(after), a_state_with_place_volumes(a_desired_state(before)))


@case
def a_service_without_a_container_gets_its_anonymous_volume_back() -> Plan:
    desired = a_desired_state(a_service(mounts=[VolumeMount(volume="", target="/data")]))
    return sync(desired, replace(a_state_with_place_volumes(desired), containers=()))


@case
def an_anonymous_volume_that_an_older_version_left_to_the_engine_is_kept() -> Plan:
    before, after = a_service(), a_service("api")
    desired = a_desired_state(before)
    container = a_container(desired, before, volumes={"/image": "ab" * 32})
    return sync(a_desired_state(after), an_observed_state(desired, container))


@case
def the_definition_of_a_volume_changed() -> Plan:
    changed = [Volume(key="db-data", driver_opts={"type": "tmpfs"})]
    after = a_desired_state(a_db(), volumes=changed)
    return sync(after, a_running_state(a_desired_state(a_db())))


@case
def a_foreign_volume_has_our_name() -> Plan:
    desired = a_desired_state(a_db())
    taken = [f"{PREFIX}db-data"]
    return sync(desired, an_observed_state(desired, volumes=[], foreign_volumes=taken))


@case
def a_foreign_container_has_our_name() -> Plan:
    web = a_service("web", depends_on=[waits_for("db")])
    desired = a_desired_state(web, a_service("db"))
    name = container_spec(an_owner(), desired, a_service("db"), 1).name
    return sync(desired, an_observed_state(desired, foreign_containers=[name]))


@case
def a_crashing_service_backs_off() -> Plan:
    desired, observed = only(a_service(), state=ContainerState.EXITED, exit_code=1)
    return sync(desired, observed, backing_off={"web-1": 7.6})


@case
def a_crashing_service_gets_a_new_spec() -> Plan:
    _, observed = only(a_service(), state=ContainerState.EXITED, exit_code=1)
    fixed = a_desired_state(a_service(environment={"FIXED": "yes"}))
    return sync(fixed, observed, backing_off={"web-1": 7.6})


def a_failed_migration(**policy: object) -> Plan:
    shop = the_shop()
    failed = a_container(shop, a_migration(), state=ContainerState.EXITED, exit_code=3)
    if policy.pop("older", False):
        failed = replace(failed, labels={**failed.labels, REVISION: "older"})
    return sync(shop, an_observed_state(shop, a_container(shop, a_db()), failed), **policy)


@case
def a_job_failed() -> Plan:
    return a_failed_migration()


@case
def a_job_failed_and_there_is_a_new_commit() -> Plan:
    return a_failed_migration(older=True)


@case
def a_job_failed_and_a_person_asks_again() -> Plan:
    return a_failed_migration(retry_jobs=True)


@case
def a_replaced_dependency_restarts_its_dependent() -> Plan:
    web = a_service("web", depends_on=[waits_for("db", restart=True)])
    before = a_desired_state(web, a_service("db"))
    after = a_desired_state(web, a_service("db", environment={"A": "1"}))
    return sync(after, a_running_state(before))


@case
def a_run_was_interrupted_before_it_restarted_a_dependent() -> Plan:
    web, db = a_service("web", depends_on=[waits_for("db", restart=True)]), a_service("db")
    desired = a_desired_state(web, db)
    web_container = a_container(desired, web, started_at=100.0)
    db_container = a_container(desired, db, created_at=200.0, started_at=201.0)
    return sync(desired, an_observed_state(desired, web_container, db_container))


@case
def an_optional_dependency_is_held() -> Plan:
    web = a_service("web", depends_on=[waits_for("db", Condition.HEALTHY, required=False)])
    desired = a_desired_state(web, a_db())
    observed = an_observed_state(desired, volumes=[], foreign_volumes=[f"{PREFIX}db-data"])
    return sync(desired, observed)


@case
def a_leftover_with_broken_labels_is_ours_all_the_same() -> Plan:
    desired, observed = only(a_service())
    labels = {k: v for k, v in observed.containers[0].labels.items() if k != SERVICE}
    broken = replace(observed.containers[0], id="id-broken", name="broken", labels=labels)
    return sync(desired, an_observed_state(desired, *observed.containers, broken))


def in_the_middle(
    before: DesiredState, after: DesiredState, *, share: int = 0, ready: bool = True
) -> ObservedState:
    """
    Old and new containers of web run; *share* percent of the requests go to the new ones.
    """
    web = next(each for each in after.services if each.name == "web")
    observed = a_running_state(before)
    new = [
        a_container(after, web, number, ready=ready, created_at=NOW - 5, started_at=NOW - 4)
        for number in range(1, web.replicas + 1)
    ]
    both = an_observed_state(after, *observed.containers, *new)
    old = [each.name for each in observed.containers if each.labels[SERVICE] == "web"]
    names = [each.name for each in new]
    addresses = {
        each.name: shared_address(each, ingress_networks(after, both)) for each in both.containers
    }
    shares = canary_shares(names, old, share) if share else dict.fromkeys(old, FULL)
    config = with_shares(meant_config(after, both), "web", shares, addresses)
    return replace(
        both,
        containers=tuple(
            replace(each, config_hash=config_hash(config))
            if each.labels[SERVICE] == INGRESS
            else each
            for each in both.containers
        ),
    )


def rolled_out(headline: str, replicas: int = 1, **rollout: object) -> DesiredState:
    """
    Web alone, with some way to roll it out.
    """
    web = a_web(
        environment={"HEADLINE": headline},
        depends_on=(),
        files=(),
        replicas=replicas,
        rollout=Rollout(**rollout),  # type: ignore[arg-type] # any field
    )
    return a_desired_state(web)


CANARY: dict[str, Any] = {
    "steps": (CanaryStep(weight=10, for_s=20.0), CanaryStep(weight=50, for_s=20.0)),
    "analysis": Analysis(max_error_rate=0.01, max_p95_ms=300),
}


@case
def a_canary_begins() -> Plan:
    return sync(rolled_out("Hi", **CANARY), a_running_state(rolled_out("Hello", **CANARY)))


@case
def a_canary_was_interrupted_at_its_second_step() -> Plan:
    before, after = (rolled_out(each, **CANARY) for each in ("Hello", "Hi"))
    return sync(after, in_the_middle(before, after, share=50))


@case
def a_canary_is_reverted() -> Plan:
    before, after = (rolled_out(each, **CANARY) for each in ("Hello", "Hi"))
    return sync(before, in_the_middle(before, after, share=10))


@case
def a_canary_is_superseded() -> Plan:
    before, middle, after = (rolled_out(each, **CANARY) for each in ("Hello", "Hi", "Moin"))
    return sync(after, in_the_middle(before, middle, share=10))


@case
def a_canary_on_the_way_back_is_none() -> Plan:
    before, after = (rolled_out(each, **CANARY) for each in ("Hello", "Hi"))
    return sync(before, a_running_state(after), rollback=True)


@case
def replicas_are_replaced_in_batches() -> Plan:
    update = UpdateConfig(parallelism=2, delay_s=3.0, monitor_s=5.0)
    before, after = (rolled_out(each, replicas=3, update=update) for each in ("Hello", "Hi"))
    return sync(after, a_running_state(before))


@case
def replicas_are_replaced_in_batches_whatever_fails() -> Plan:
    update = UpdateConfig(failure_action=FailureAction.CONTINUE)
    before, after = (
        a_desired_state(
            replace(
                a_service("worker", environment={"MODE": mode}, replicas=2),
                rollout=Rollout(update=update),
            )
        )
        for mode in ("x", "y")
    )
    return sync(after, a_running_state(before))


@case
def replicas_are_replaced_stop_first() -> Plan:
    update = UpdateConfig(order=Order.STOP_FIRST)
    before, after = (rolled_out(each, replicas=2, update=update) for each in ("Hello", "Hi"))
    return sync(after, a_running_state(before))


@case
def the_new_container_of_an_interrupted_rollout_is_not_ready() -> Plan:
    before, after = rolled_out("Hello"), rolled_out("Hi")
    return sync(after, in_the_middle(before, after, ready=False))


@case
def a_rollout_was_interrupted_before_the_old_container_stopped() -> Plan:
    before, after = rolled_out("Hello"), rolled_out("Hi")
    return sync(after, configured(after, in_the_middle(before, after)))


def changed_by_hand(observed: ObservedState) -> ObservedState:
    """
    The restart policy of the newest container was changed.
    """
    newest = max(observed.containers, key=lambda each: each.created_at)
    changed = replace(newest, limits=Limits(restart="always"))
    containers = (changed if each is newest else each for each in observed.containers)
    return replace(observed, containers=tuple(containers))


@case
def the_new_container_was_changed_in_the_middle_of_a_rollout() -> Plan:
    before, after = rolled_out("Hello"), rolled_out("Hi")
    return sync(after, changed_by_hand(in_the_middle(before, after)))


@case
def the_new_container_was_changed_after_it_got_the_requests() -> Plan:
    before, after = rolled_out("Hello"), rolled_out("Hi")
    both = in_the_middle(before, after)
    # What an ingress that reports nothing is told first is that all requests go to the new one.
    silent = tuple(replace(each, config_hash="") for each in both.containers)
    return sync(after, changed_by_hand(configured(after, replace(both, containers=silent))))


@case
def replicas_behind_the_ingress_went_down() -> Plan:
    return sync(rolled_out("Hello"), a_running_state(rolled_out("Hello", replicas=2)))


@case
def replicas_behind_the_ingress_went_up() -> Plan:
    return sync(rolled_out("Hello", replicas=2), a_running_state(rolled_out("Hello")))


@case
def a_container_behind_the_ingress_was_killed() -> Plan:
    desired = rolled_out("Hello")
    observed = a_running_state(desired)
    containers = (
        replace(each, state=ContainerState.EXITED, exit_code=137, addresses={}, host_ports=())
        if each.labels[SERVICE] == "web"
        else each
        for each in observed.containers
    )
    return sync(desired, replace(observed, containers=tuple(containers)))


def without_ingress(desired: DesiredState) -> ObservedState:
    observed = a_running_state(desired)
    rest = (each for each in observed.containers if each.labels[SERVICE] != INGRESS)
    return replace(observed, containers=tuple(rest))


@case
def the_ingress_was_removed() -> Plan:
    return sync(rolled_out("Hello"), without_ingress(rolled_out("Hello")))


@case
def the_configuration_of_the_ingress_was_changed() -> Plan:
    observed = a_running_state(rolled_out("Hello"))
    changed = (replace(each, config_hash="") for each in observed.containers)
    return sync(rolled_out("Hello"), replace(observed, containers=tuple(changed)))


@case
def one_more_port_is_published() -> Plan:
    more = Port(target=8000, published=8090, published_end=8090)
    before = rolled_out("Hello")
    (web,) = before.services
    after = replace(before, services=(replace(web, ports=(*web.ports, more)),))
    return sync(after, a_running_state(before))


@case
def a_service_behind_the_ingress_moves_to_another_network() -> Plan:
    def on(network: str) -> DesiredState:
        return a_desired_state(a_web(depends_on=(), attachments=(Attachment(network=network),)))

    return sync(on("front"), a_running_state(on("back")))


@case
def a_service_behind_the_ingress_gets_a_further_name() -> Plan:
    named = Attachment(network="default", aliases=("shop",))
    after = a_desired_state(a_web(depends_on=(), attachments=(named,)))
    return sync(after, a_running_state(a_desired_state(a_web(depends_on=()))))


@case
def a_service_behind_an_ingress_that_stays_was_dropped() -> Plan:
    web = a_web(depends_on=())
    api = replace(web, name="api", image="shop/api:00112233445566aa", route=RouteMode.HTTP)
    api = replace(api, ports=(), expose=("9000",))
    return sync(a_desired_state(web), a_running_state(a_desired_state(web, api)))


@case
def a_service_that_published_a_port_was_dropped_beside_another() -> Plan:
    web = a_web(depends_on=())
    api = replace(web, name="api", image="shop/api:00112233445566aa")
    api = replace(api, ports=(Port(target=9000, published=8082, published_end=8082),))
    return sync(a_desired_state(web), a_running_state(a_desired_state(web, api)))


@case
def the_only_service_behind_the_ingress_was_dropped() -> Plan:
    worker = a_service("worker")
    web = a_web(depends_on=())
    return sync(a_desired_state(worker), a_running_state(a_desired_state(worker, web)))


@case
def the_last_routed_service_becomes_direct() -> Plan:
    before = rolled_out("Hello")
    (web,) = before.services
    after = replace(before, services=(replace(web, route=RouteMode.DIRECT),))
    return sync(after, a_running_state(before))


@case
def the_only_published_service_is_published_no_more() -> Plan:
    web = a_web(depends_on=())
    return sync(a_desired_state(replace(web, ports=())), a_running_state(a_desired_state(web)))


@case
def one_of_two_published_services_is_published_no_more() -> Plan:
    web = a_web(depends_on=())
    api = replace(web, name="api", image="shop/api:00112233445566aa")
    api = replace(api, ports=(Port(target=9000, published=8082, published_end=8082),))
    before = a_running_state(a_desired_state(web, api))
    return sync(a_desired_state(web, replace(api, ports=())), before)


@case
def a_service_behind_an_ingress_that_stays_is_routed_no_more() -> Plan:
    web = a_web(depends_on=())
    api = replace(web, name="api", image="shop/api:00112233445566aa", route=RouteMode.HTTP)
    api = replace(api, ports=(), expose=("9000",))
    before = a_running_state(a_desired_state(web, api))
    return sync(a_desired_state(web, replace(api, route=None)), before)


@case
def a_service_that_bound_its_port_itself_becomes_routed() -> Plan:
    after = rolled_out("Hello")
    (web,) = after.services
    before = replace(after, services=(replace(web, route=RouteMode.DIRECT),))
    images = a_running_state(after).images
    return sync(after, replace(a_running_state(before), images=images))


@case
def a_service_with_a_volume_is_replaced_behind_the_ingress() -> Plan:
    port = Port(target=5432, published=5432, published_end=5432)
    before = a_desired_state(replace(a_db(), ports=(port,)))
    after = a_desired_state(replace(a_db(), ports=(port,), environment={"A": "1"}))
    return sync(after, a_running_state(before))


@case
def another_environment_has_the_port() -> Plan:
    desired = rolled_out("Hello")
    taken = TakenPort(bound=("127.0.0.1", 8081, "tcp"), holder="x", environment="production")
    return sync(desired, replace(without_ingress(desired), taken_ports=(taken,)))


def checked(**changes: object) -> DesiredState:
    """
    The shop with one gate of each phase; the first one needs an image that is not there.
    """
    before = a_service("units", image="shop/units:00112233445566bb", build=a_build(target="test"))
    after = a_service("smoke")
    return replace(
        the_shop(**changes),
        gates=(
            replace(after, gate=Gate(phase=GatePhase.AFTER)),
            replace(before, gate=Gate(phase=GatePhase.BEFORE)),
        ),
    )


def judged(desired: DesiredState, **verdicts: GateVerdict) -> dict[str, GateVerdict]:
    inputs = gate_inputs(desired, an_owner())
    return {inputs[name]: verdict for name, verdict in verdicts.items()}


@case
def a_revision_with_gates_is_new() -> Plan:
    new = checked(environment={"HEADLINE": "Hi"})
    return sync(new, a_running_state(the_shop()))


@case
def all_gates_have_passed() -> Plan:
    shop = checked()
    passed = judged(shop, units=GateVerdict.PASSED, smoke=GateVerdict.PASSED)
    return sync(shop, a_running_state(the_shop()), gates=passed)


@case
def a_gate_before_has_failed() -> Plan:
    new = checked(environment={"HEADLINE": "Hi"})
    return sync(new, a_running_state(the_shop()), gates=judged(new, units=GateVerdict.FAILED))


@case
def a_gate_after_has_failed() -> Plan:
    new = checked(environment={"HEADLINE": "Hi"})
    ended = judged(new, units=GateVerdict.PASSED, smoke=GateVerdict.FAILED)
    return sync(new, a_running_state(the_shop()), gates=ended)


@case
def an_interrupted_gate_of_an_older_spec_left_a_container() -> Plan:
    shop = checked()
    old = replace(shop.gates[0], environment={"OLD": "1"})
    passed = judged(shop, units=GateVerdict.PASSED, smoke=GateVerdict.PASSED)
    running = a_running_state(the_shop())
    left = (*running.containers, a_container(shop, old))
    return sync(shop, replace(running, containers=left), gates=passed, prune=False)


if __name__ == "__main__":
    GOLDEN.write_text(golden_text(), encoding="utf-8")
