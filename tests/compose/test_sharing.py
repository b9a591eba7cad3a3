import pytest

from sandbox.model.surroundings import (
    Device,
    DeviceRequest,
    Devices,
    Hook,
    Hooks,
    Namespaces,
    Resolver,
    VolumesFrom,
)
from tests.compose.committed import load, problems, service, service_problems


def test_namespaces_are_read() -> None:
    found = service(
        "network_mode: host\nipc: shareable\npid: host\nuts: host\nuserns_mode: host\n"
        "cgroup: private\ncgroup_parent: /mine"
    )

    assert found.namespaces == Namespaces(
        network="host",
        ipc="shareable",
        pid="host",
        uts="host",
        user="host",
        cgroup="private",
        cgroup_parent="/mine",
    )
    assert found.attachments == ()


def test_who_shares_with_a_service_waits_for_it() -> None:
    db, web = load(
        "services:\n"
        "  db: {image: x}\n"
        "  web: {image: x, network_mode: 'service:db', volumes_from: ['db:ro', 'container:c']}\n"
    ).services

    assert web.namespaces.network == "service:db"
    assert web.volumes_from == (
        VolumesFrom(container_name="c"),
        VolumesFrom(service_name="db", read_only=True),
    )
    assert [each.service_name for each in web.depends_on] == [db.name]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("network_mode: 'service:db'", "web shares with db, which has no replica"),
        ("volumes_from: [db]", "web shares with db, which has no replica"),
        ("pid: 'service:nobody'", "there is no service 'nobody'"),
        ("uts: 'service:db'", "`uts` cannot be shared with another service"),
    ],
)
def test_what_cannot_be_shared_is_told(attributes: str, message: str) -> None:
    found = problems(
        f"services:\n  db: {{image: x, scale: 0}}\n  web: {{image: x, {attributes}}}\n"
    )

    assert any(message in each for each in found)


def test_devices_and_requests_are_read() -> None:
    found = service(
        "devices: ['/dev/b:/dev/c:r', /dev/a]\ndevice_cgroup_rules: ['c 1:3 r']\n"
        "gpus: [{driver: nvidia, count: 2}]\n"
        "deploy: {resources: {reservations: {devices: [{device_ids: ['1', '0'],"
        " capabilities: [gpu, utility], options: {a: b}}]}}}"
    )

    assert found.devices == Devices(
        mapped=(
            Device(source="/dev/a", target="/dev/a"),
            Device(source="/dev/b", target="/dev/c", permissions="r"),
        ),
        requested=(
            DeviceRequest(driver="nvidia", count=2, capabilities=("gpu",)),
            DeviceRequest(
                device_ids=("0", "1"), capabilities=("gpu", "utility"), options={"a": "b"}
            ),
        ),
        cgroup_rules=("c 1:3 r",),
    )


def test_all_gpus_are_asked_for_with_a_word() -> None:
    (request,) = service("gpus: all").devices.requested

    assert request == DeviceRequest(count=-1, capabilities=("gpu",))


def test_hooks_are_read_in_their_order() -> None:
    found = service(
        "post_start: [{command: [a, b], user: root, privileged: true, working_dir: /w,"
        " environment: {A: b}}, {command: c d}]\npre_stop: [{command: [e]}]"
    )

    assert found.hooks == Hooks(
        post_start=(
            Hook(
                command=("a", "b"),
                user="root",
                privileged=True,
                working_dir="/w",
                environment={"A": "b"},
            ),
            Hook(command=("c", "d")),
        ),
        pre_stop=(Hook(command=("e",)),),
    )


def test_the_order_of_name_servers_stays() -> None:
    found = service("dns: [9.9.9.9, 1.1.1.1]\ndns_search: b\ndns_opt: [use-vc]")

    assert found.resolver == Resolver(
        servers=("9.9.9.9", "1.1.1.1"), search=("b",), options=("use-vc",)
    )


def test_a_link_is_a_name_on_the_networks_that_both_are_on() -> None:
    db, web = load(
        "services:\n"
        "  db: {image: x, networks: [front, back]}\n"
        "  web: {image: x, networks: [front], links: ['db:chief', db]}\n"
        "networks: {front: {}, back: {}}\n"
    ).services

    assert {each.network: each.aliases for each in db.attachments} == {
        "back": (),
        "front": ("chief",),
    }
    assert [each.service_name for each in web.depends_on] == ["db"]


def test_a_link_across_no_common_network_is_told() -> None:
    (found,) = problems(
        "services:\n"
        "  db: {image: x, networks: [back]}\n"
        "  web: {image: x, networks: [front], links: ['db:chief']}\n"
        "networks: {front: {}, back: {}}\n"
    )

    assert "web and db are on no network together" in found


def test_links_to_containers_of_others_keep_their_names() -> None:
    assert service("external_links: [b, 'c:alias']").external_links == ("b:b", "c:alias")


def test_what_mounts_cannot_be_taken_from_is_told() -> None:
    (found,) = service_problems("volumes_from: ['container:c:rx']")

    assert "is not service, service:ro" in found
