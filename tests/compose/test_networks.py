import pytest

from sandbox.model.desired import AddressPool, Network, Volume
from sandbox.model.service import Attachment
from tests.compose.committed import load, problems, service, service_problems, with_service

TOP = "networks: {front: {}, back: {}}\n"


@pytest.mark.parametrize(
    ("attributes", "attachments"),
    [
        ("user: x", (Attachment(network="default"),)),
        ("networks: []", (Attachment(network="default"),)),
        ("networks: [front, back]", (Attachment(network="back"), Attachment(network="front"))),
        ("networks: [front, default]",
         (Attachment(network="default"), Attachment(network="front"))),
        ("networks: {front: {aliases: [b, a, b], ipv4_address: 10.1.2.3}, back: }",
         (Attachment(network="back"),
          Attachment(network="front", aliases=("a", "b"), ipv4_address="10.1.2.3"))),
        (("networks: {back: {}, front: {priority: 2, gw_priority: 1, ipv6_address: 'fd00::5',"
          " link_local_ips: [169.254.1.1], mac_address: '02:42:ac:11:00:05',"
          " driver_opts: {a: 1}}}"),
         (Attachment(network="front", priority=2, gw_priority=1, ipv6_address="fd00::5",
                     link_local_ips=("169.254.1.1",), mac_address="02:42:ac:11:00:05",
                     driver_opts={"a": "1"}),
          Attachment(network="back"))),
    ],
)  # fmt: skip
def test_both_forms_are_read(attributes: str, attachments: tuple[Attachment, ...]) -> None:
    assert service(attributes, top=TOP).attachments == attachments


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("networks: [frnt]", "the network 'frnt' is not declared; did you mean 'front'?"),
        ("networks: {front: {ipv4_address: x}}", "'x' is not an IPv4 address"),
        ("networks: {front: {ipv6_address: 10.0.0.1}}", "'10.0.0.1' is not an IPv6 address"),
        ("networks: front", "must be a list or a mapping, not 'front'"),
    ],
)
def test_what_cannot_be_attached_is_told(attributes: str, message: str) -> None:
    (found,) = service_problems(attributes, top=TOP)

    assert message in found


def test_the_name_of_an_interface_is_an_option_of_the_driver() -> None:
    written = "networks: {front: {interface_name: eth9, driver_opts: {a: 1}}}"

    (found,) = service(written, top=TOP).attachments
    assert found.driver_opts == {"a": "1", "com.docker.network.endpoint.ifname": "eth9"}


def test_only_networks_that_are_used_are_desired_and_default_is_implied() -> None:
    assert load(with_service("networks: [front]", TOP)).networks == (Network(key="front"),)
    assert load(with_service("user: x", TOP)).networks == (Network(key="default"),)


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("", Network(key="n")),
        ("{name: own}", Network(key="n", name="own")),
        ("{external: true}", Network(key="n", name="n", external=True)),
        ("{external: true, name: own}", Network(key="n", name="own", external=True)),
        (("{driver: bridge, driver_opts: {b: 1, a: x}, internal: true, labels: [l=1],"
         " ipam: {driver: default, config: [{subnet: 10.80.0.0/24}]}}"),
         Network(key="n", driver_opts={"a": "x", "b": "1"}, internal=True,
                 labels={"l": "1"}, pools=(AddressPool(subnet="10.80.0.0/24"),))),
        ("{ipam: {config: []}}", Network(key="n")),
        (("{attachable: true, enable_ipv6: true, enable_ipv4: false, ipam: {driver: own,"
          " config: [{subnet: 10.0.0.0/16, ip_range: 10.0.1.0/24,"
          " gateway: 10.0.0.1, aux_addresses: {r: 10.0.0.9}}, {subnet: 'fd00::/64'}]}}"),
         Network(key="n", attachable=True, enable_ipv6=True, enable_ipv4=False, ipam_driver="own",
                 pools=(AddressPool(subnet="10.0.0.0/16", ip_range="10.0.1.0/24",
                                    gateway="10.0.0.1", reserved={"r": "10.0.0.9"}),
                        AddressPool(subnet="fd00::/64")))),
    ],
)  # fmt: skip
def test_a_network_is_read(written: str, network: Network) -> None:
    state = load(with_service("networks: [n]", f"networks:\n  n: {written}\n"))

    assert state.networks == (network,)


@pytest.mark.parametrize(
    ("written", "volume"),
    [
        ("", Volume(key="vol")),
        ("{name: own}", Volume(key="vol", name="own")),
        ("{external: true}", Volume(key="vol", name="vol", external=True)),
        ("{driver: local, driver_opts: {type: nfs}, labels: {l: 1}}",
         Volume(key="vol", driver_opts={"type": "nfs"}, labels={"l": "1"})),
    ],
)  # fmt: skip
def test_a_volume_is_read(written: str, volume: Volume) -> None:
    state = load(with_service("volumes: ['vol:/v']", f"volumes:\n  vol: {written}\n"))

    assert state.volumes == (volume,)


@pytest.mark.parametrize(
    ("top", "message"),
    [
        ("networks: {n: {ipam: {config: [{subnet: x}]}}}", "'x' is not a subnet"),
        ("networks: {n: {labels: {dev.sandbox.x: 1}}}", "is reserved: sandbox"),
        ("volumes: {vol: {external: true, driver: x}}", "`driver` has no effect"),
        ("volumes: {vol: {driver: local, driver_opts: {o: bind, device: ./here}}}",
         "environments/staging/here is a path of the commit"),
        ("volumes: {vol: {driver_opts: {device: ./here}}}", "./here is a path of the commit"),
    ],
)  # fmt: skip
def test_what_cannot_be_declared_is_told(top: str, message: str) -> None:
    rest = "networks: {n: {}}" if top.startswith("volumes") else "volumes: {vol: {}}"
    (found,) = problems(with_service("networks: [n]\nvolumes: ['vol:/v']", f"{top}\n{rest}\n"))

    assert message in found
