from typing import Any

import pytest

from sandbox.compose.canonical import canonical
from sandbox.compose.findings import Findings
from sandbox.compose.node import items, mapping, plain
from tests.compose.canonical.trees import canonical_service, faults, tree_of


def ports(written: str) -> list[dict[str, Any]]:
    return list(canonical_service(f"ports: {written}")["ports"])


def port(target: int, published: str = "", host_ip: str = "", protocol: str = "tcp") -> Any:
    values = {"mode": "ingress", "target": target, "protocol": protocol}
    return (
        values
        | ({"host_ip": host_ip} if host_ip else {})
        | ({"published": published} if published else {})
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[80]", [port(80)]),
        ("['80']", [port(80)]),
        ("[':80']", [port(80)]),
        ("['8080:80']", [port(80, "8080")]),
        ("['0:80']", [port(80, "0")]),
        ("['53:53/UDP']", [port(53, "53", protocol="udp")]),
        ("['9:9/sctp']", [port(9, "9", protocol="sctp")]),
        ("['127.0.0.1:8080:80']", [port(80, "8080", "127.0.0.1")]),
        ("['127.0.0.1::80']", [port(80, host_ip="127.0.0.1")]),
        ("['[::1]:8080:80']", [port(80, "8080", "::1")]),
        ("['::1:8080:80']", [port(80, "8080", "::1")]),
        ("['80-81']", [port(80), port(81)]),
        ("['8000-8001:80-81']", [port(80, "8000"), port(81, "8001")]),
        ("['8000-8010:80']", [port(80, "8000-8010")]),
        ("[{target: 80}]", [{"target": 80}]),
        ("[]", []),
    ],
)
def test_short_forms_become_one_entry_for_each_container_port(
    written: str, expected: list[Any]
) -> None:
    assert ports(written) == expected


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("''", "the port of the container is missing"),
        ("'80:'", "the port of the container is missing"),
        ("x", "'x' is not a port of the container (1 to 65535), nor a range of ports"),
        ("'x:80'", "'x' is not a port of the host (0 to 65535), nor a range of ports"),
        ("'0'", "'0' is not a port of the container (1 to 65535), nor a range of ports"),
        ("'65536'", "'65536' is not a port of the container (1 to 65535), nor a range of ports"),
        ("'81-80'", "'81-80' is not a port of the container (1 to 65535), nor a range of ports"),
        ("' 80:80'", "' 80' is not a port of the host (0 to 65535), nor a range of ports"),
        ("-1", "'-1' is not a port of the container (1 to 65535), nor a range of ports"),
        ("80/icmp", "the protocol must be tcp, udp or sctp, not 'icmp'"),
        ("'300.1.1.1:80:80'", "'300.1.1.1' is not an IP address"),
        ("'[::1:80:80'", "the bracket of '[::1' is never closed"),
        ("'1-2:80-82'", "the ranges of host ports and container ports differ in length"),
    ],
)
def test_what_is_no_port_is_told(written: str, fault: str) -> None:
    assert faults(f"ports: [{written}]") == [f"services.a.ports[0]: {fault}"]


def test_each_entry_keeps_the_place_where_its_range_was_written() -> None:
    tree = canonical(
        tree_of("services:\n  a:\n    ports:\n      - 80-81\n"), Findings("compose.yaml")
    )

    service = mapping(mapping(tree.get("services")).get("a"))
    assert [entry.mark.line for entry in items(service.get("ports"))] == [4, 4]


def test_ranges_cannot_make_a_small_file_big() -> None:
    services = "".join(f"  s{i}: {{ports: ['1-65535']}}\n" for i in range(200))
    findings = Findings("compose.yaml")

    tree = canonical(tree_of(f"services:\n{services}"), findings)

    found: Any = plain(tree)
    assert sum(len(one.get("ports", ())) for one in found["services"].values()) == 65535
    assert len(findings.problems) == 199


def test_the_ranges_of_one_service_are_bounded_too() -> None:
    assert faults("ports: ['1-60000', '1-60000/udp']") == [
        "services.a.ports: ranges of ports come to more than 100,000 ports"
    ]
    assert faults("ports: ['1-40000', '1-40000/udp']") == [
        "services.a.ports: the ranges come to more than 70,000 ports"
    ]
