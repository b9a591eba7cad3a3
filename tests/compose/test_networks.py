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
    ],
)  # fmt: skip
def test_both_forms_are_read(attributes: str, attachments: tuple[Attachment, ...]) -> None:
    assert service(attributes, top=TOP).attachments == attachments


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("networks: [frnt]", "the network 'frnt' is not declared; did you mean 'front'?"),
        ("networks: {front: {ipv4_address: x}}", "'x' is not an IPv4 address"),
        ("networks: {front: {priority: 1}}", "the key `priority` is not supported yet"),
        ("networks: front", "must be a list or a mapping, not 'front'"),
    ],
)
def test_what_cannot_be_attached_is_told(attributes: str, message: str) -> None:
    (found,) = service_problems(attributes, top=TOP)

    assert message in found


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
        ("networks: {n: {ipam: {config: [{gateway: 10.0.0.1}]}}}",
         "the key `gateway` is not supported yet"),
        ("networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: 10.0.1.0/24}]}}}",
         "must be a list of one subnet"),
        ("networks: {n: {labels: {dev.sandbox.x: 1}}}", "is not yours to set"),
        ("volumes: {v: {external: true, driver: x}}", "an external volume is as it is"),
    ],
)  # fmt: skip
def test_what_cannot_be_declared_is_told(top: str, message: str) -> None:
    (found,) = problems(f"services: {{}}\n{top}\n")

    assert message in found
