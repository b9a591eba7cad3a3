"""
What an ingress is told, as text.
"""

import hashlib
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import IngressError
from sandbox.model.ingress import Backend, IngressConfig, Listener, RouteMode, Server
from sandbox.planning.haproxy import HASH_VARIABLE, config_hash, render, structure_hash

WEB = Server(name="web-1", address="10.0.0.1", port=8080)
DB = Server(name="db-1", address="10.0.0.2", port=5432, weight=0)
CONFIG = IngressConfig(
    listeners=(
        Listener(port=5432, mode=RouteMode.TCP, backend="db-5432"),
        Listener(
            port=8080, mode=RouteMode.HTTP, backend="web-8080", hosts={"web.local": "web-8080"}
        ),
        Listener(port=8081, mode=RouteMode.HTTP, hosts={"web.local": "web-8080"}, trusted=True),
    ),
    backends=(
        Backend(name="db-5432", service_name="db", mode=RouteMode.TCP, servers=(DB,)),
        Backend(name="web-8080", service_name="web", mode=RouteMode.HTTP, servers=(WEB,)),
    ),
)


def section(name: str, config: IngressConfig = CONFIG) -> list[str]:
    """Give the lines of one section, without comments."""
    [found] = [part for part in render(config).split("\n\n") if part.startswith(f"{name}\n")]
    return [line.strip() for line in found.splitlines() if "#" not in line]


def told(config: IngressConfig) -> str:
    """Give the text without the hashes in it."""
    return re.sub(r"set-var proc\.\w+ .*", "", render(config))


def test_a_tcp_listener_hands_connections_to_the_server_with_the_fewest() -> None:
    assert section("frontend tcp-5432") == [
        "frontend tcp-5432",
        "mode tcp",
        "bind :5432",
        "default_backend db-5432",
    ]
    assert section("backend db-5432") == [
        "backend db-5432",
        "mode tcp",
        "balance leastconn",
        "server db-1 10.0.0.2:5432 weight 0 pool-purge-delay 1s",
    ]


def test_an_http_listener_chooses_by_host_and_then_its_own_backend() -> None:
    lines = section("frontend http-8080")
    assert lines[-2:] == [
        "use_backend web-8080 if { var(txn.host) -m str web.local }",
        "default_backend web-8080",
    ]
    assert section("frontend http-8081")[-1] == "default_backend unrouted.8081"


def test_a_browser_gets_links_for_an_unknown_name_and_others_text() -> None:
    hosts = {"web.local": "web-8080", ".web.local": "web-8080"}
    listener = replace(CONFIG.listeners[2], hosts=hosts)
    *_, page, text = section("backend unrouted.8081", replace(CONFIG, listeners=(listener,)))
    assert page.startswith("http-request return status 404 content-type text/html lf-string ")
    assert page.endswith('" if { req.hdr(Accept) -m sub text/html }')
    link = "<a href='http://web.local:%[var(txn.page_port)]/'>web.local</a>"
    assert f"<ul><li>{link}<li>*.web.local</ul>" in page
    assert page.replace("%[var(txn.page_port)]", "").count("%") == 0
    assert text.startswith("http-request return status 404 content-type text/plain string ")
    assert r"There are:\n  web.local\n  *.web.local\n" in text


def test_names_of_their_own_come_before_those_that_end_like_another() -> None:
    hosts = {".local": "db-1", "web.local": "web-8080", ".z.local": "z-1"}
    [listener] = [replace(CONFIG.listeners[2], hosts=hosts)]
    rules = section("frontend http-8081", replace(CONFIG, listeners=(listener,)))[-4:-1]
    assert rules == [
        "use_backend web-8080 if { var(txn.host) -m str web.local }",
        "use_backend z-1 if { var(txn.host) -m end .z.local }",
        "use_backend db-1 if { var(txn.host) -m end .local }",
    ]


def test_requests_are_shared_by_weight_in_turn() -> None:
    lines = section("backend web-8080")
    assert "balance roundrobin" in lines
    assert lines[-1] == "server web-1 10.0.0.1:8080 weight 100 pool-purge-delay 1s"


def test_only_a_trusted_listener_believes_what_requests_say_of_their_origin() -> None:
    deletes = "http-request del-header X-Forwarded- -m beg"
    assert deletes in section("frontend http-8080")
    assert deletes not in section("frontend http-8081")


def test_only_what_reached_nobody_is_tried_again() -> None:
    assert re.findall(r"retry-on .*", render(CONFIG)) == ["retry-on conn-failure"]


def test_a_silent_client_is_never_cut_before_its_silent_service() -> None:
    text = render(replace(CONFIG, max_response_s=120.5))
    limits = {name: int(ms) for name, ms in re.findall(r"timeout (server|client) (\d+)ms", text)}
    assert limits["server"] == 120_500
    assert limits["client"] > limits["server"]


def test_the_hash_is_that_of_the_file_without_its_own_line() -> None:
    lines = render(CONFIG).splitlines(keepends=True)
    others = "".join(line for line in lines if f"set-var {HASH_VARIABLE} " not in line)
    assert len(lines) == others.count("\n") + 1
    assert config_hash(CONFIG) == hashlib.sha256(others.encode()).hexdigest()[:16]
    assert f"set-var {HASH_VARIABLE} str({config_hash(CONFIG)})\n" in render(CONFIG)


def test_servers_and_weights_are_in_the_hash_but_not_in_the_structure() -> None:
    web = replace(CONFIG.backends[1], servers=(replace(WEB, weight=1),))
    other = replace(CONFIG, backends=(CONFIG.backends[0], web))
    assert config_hash(other) != config_hash(CONFIG)
    assert structure_hash(other) == structure_hash(CONFIG)


@pytest.mark.parametrize(
    "other",
    [
        replace(CONFIG, listeners=CONFIG.listeners[1:]),
        replace(CONFIG, backends=(CONFIG.backends[0], replace(CONFIG.backends[1], name="x-1"))),
        replace(CONFIG, max_body_bytes=1),
        replace(CONFIG, max_request_s=1),
        replace(CONFIG, max_response_s=1),
    ],
)
def test_all_else_is_in_the_structure(other: IngressConfig) -> None:
    assert structure_hash(other) != structure_hash(CONFIG)
    assert config_hash(other) != config_hash(CONFIG)


def test_equal_configurations_are_the_same_text_whatever_their_order_of_hosts() -> None:
    first, second = (
        Listener(port=80, mode=RouteMode.HTTP, hosts=dict(hosts))
        for hosts in ([("a", "a-1"), ("b", "b-1")], [("b", "b-1"), ("a", "a-1")])
    )
    assert told(IngressConfig(listeners=(first,))) == told(IngressConfig(listeners=(second,)))


def with_text(text: str, place: str) -> IngressConfig:
    """Put *text* into one place where the repository has a say."""
    web, listener = CONFIG.backends[1], CONFIG.listeners[1]
    changed = {
        "backend": replace(CONFIG, backends=(replace(web, name=text),)),
        "server": replace(CONFIG, backends=(replace(web, servers=(replace(WEB, name=text),)),)),
        "address": replace(CONFIG, backends=(replace(web, servers=(replace(WEB, address=text),)),)),
        "default": replace(CONFIG, listeners=(replace(listener, backend=text),)),
        "host": replace(CONFIG, listeners=(replace(listener, hosts={text: "web-8080"}),)),
        "target": replace(CONFIG, listeners=(replace(listener, hosts={"x": text}),)),
    }
    return changed[place]


@pytest.mark.parametrize("place", ["backend", "server", "address", "default", "host", "target"])
@pytest.mark.parametrize(
    "text",
    ["a b", "a\nb", "a\n", "#", '"', "a'", "a\\b", "{", "}", "%[src]", "a/b", "a;b", "ä", "-x"],
)
def test_what_is_more_than_a_name_is_refused(text: str, place: str) -> None:
    with pytest.raises(IngressError, match="the ingress cannot be told of"):
        render(with_text(text, place))


@given(text=st.text(min_size=1, max_size=40), place=st.sampled_from(["backend", "server", "host"]))
def test_no_text_of_the_repository_adds_a_line_or_a_word(text: str, place: str) -> None:
    usual = told(with_text("a", place))
    try:
        text_of_it = told(with_text(text, place))
    except IngressError:
        return
    assert len(text_of_it.split()) == len(usual.split())
    assert text_of_it.count("\n") == usual.count("\n")


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(IngressError, match="port"):
        render(IngressConfig(listeners=(Listener(port=port, mode=RouteMode.HTTP),)))


@pytest.mark.parametrize("weight", [-1, 257])
def test_a_weight_that_is_none_is_refused(weight: int) -> None:
    web = replace(CONFIG.backends[1], servers=(replace(WEB, weight=weight),))
    with pytest.raises(IngressError, match="weight"):
        render(replace(CONFIG, backends=(web,)))


def test_a_service_that_is_reached_directly_has_no_backend() -> None:
    with pytest.raises(IngressError, match="mode"):
        render(replace(CONFIG, backends=(replace(CONFIG.backends[1], mode=RouteMode.DIRECT),)))
