import pytest

from sandbox.model.service import Port
from tests.compose.committed import service, service_problems


def port(target: int, published: int = 0, end: int | None = None, **more: str) -> Port:
    return Port(
        target=target, published=published, published_end=published if end is None else end, **more
    )


@pytest.mark.parametrize(
    ("written", "ports"),
    [
        ("80", [port(80)]),
        ("'80'", [port(80)]),
        ("'8080:80'", [port(80, 8080)]),
        ("'8080:80/udp'", [port(80, 8080, protocol="udp")]),
        ("'8080:80/TCP'", [port(80, 8080)]),
        ("'0.0.0.0:8080:80'", [port(80, 8080, host_ip="0.0.0.0")]),
        ("'127.0.0.2::80'", [port(80, host_ip="127.0.0.2")]),
        ("'[::1]:8080:80'", [port(80, 8080, host_ip="::1")]),
        ("'::1:8080:80'", [port(80, 8080, host_ip="::1")]),
        ("'8000-8002:80-82'", [port(80, 8000), port(81, 8001), port(82, 8002)]),
        ("'8000-8002:80'", [port(80, 8000, 8002)]),
        ("'80-81'", [port(80), port(81)]),
        ("{target: 80}", [port(80)]),
        ("{target: 80, published: 8080}", [port(80, 8080)]),
        ("{target: 80, published: '8080', protocol: udp, host_ip: 0.0.0.0, mode: host, name: web}",
         [port(80, 8080, protocol="udp", host_ip="0.0.0.0")]),
        ("'90:80/sctp'", [port(80, 90, protocol="sctp")]),
        ("{target: 80, published: 8000-8002}", [port(80, 8000, 8002)]),
        ("'80:80', '80:80'", [port(80, 80)]),
        ("'80:80', {target: 80, published: 80}", [port(80, 80)]),
    ],
)  # fmt: skip
def test_both_forms_and_ranges_are_read(written: str, ports: list[Port]) -> None:
    assert list(service(f"ports: [{written}]").ports) == ports


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("http", "'http' is not a port"),
        ("''", "the port of the container is missing"),
        ("'80:'", "the port of the container is missing"),
        ("'a:80'", "'a' is not a port of the host"),
        ("'0'", "'0' is not a port of the container (1 to 65535)"),
        ("'70000'", "'70000' is not a port"),
        ("'82-80'", "'82-80' is not a port"),
        ("'80/icmp'", "the protocol must be tcp, udp or sctp, not 'icmp'"),
        ("'1.2.3:80:80'", "'1.2.3' is not an IP address"),
        ("'8000-8001:80-82'", "differ in length"),
        ("{published: 80}", "the key `target` is missing"),
        ("{target: 0}", "0 is not a port from 1 to 65535"),
        ("{target: 80, published: x}", "x is not a port from 1 to 65535"),
        ("{target: 80, protocol: icmp}", "the protocol must be tcp, udp or sctp, not 'icmp'"),
        ("{target: 80, host_ip: here}", "'here' is not an IP address"),
        ("{target: 80, foo: 1}", "the key `foo` is unknown"),
        ("[80]", "must be a port such as 8080:80, or a mapping with `target`, not a list"),
    ],
)
def test_what_is_no_port_is_told(written: str, message: str) -> None:
    (found,) = service_problems(f"ports: [{written}]")

    assert message in found


def test_exposed_ports_are_read_and_sorted() -> None:
    assert service("expose: [3000, '2000-2005/udp', '3000']").expose == ("2000-2005/udp", "3000")


@pytest.mark.parametrize("written", ["a", "'80/x'", "70000"])
def test_what_cannot_be_exposed_is_told(written: str) -> None:
    assert "is not a port such as 3000" in service_problems(f"expose: [{written}]")[0]
