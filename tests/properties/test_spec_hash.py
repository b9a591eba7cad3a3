"""
The spec hash is that of what the engine is told: no more, no less, however it is written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from posixpath import normpath
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.compose.attributes import SERVICE
from sandbox.model.action import ContainerSpec
from sandbox.model.service import Attachment, Healthcheck, HostMount, Service, VolumeMount
from sandbox.model.surroundings import DeviceRequest, Devices, Hook, Hooks, Resolver
from sandbox.planning.payload import container_payload
from sandbox.planning.spec import container_spec
from tests.builders import a_desired_state, an_owner
from tests.compose.committed import FOLDER, load
from tests.properties.compose_files import Tree, Writer, services
from tests.properties.spec_changes import ELSEWHERE, REACHING, REFUSED, SAME, SILENT, Change

pytestmark = pytest.mark.slow

TOP = """
networks:
  front: {ipam: {config: [{subnet: 10.1.0.0/24}, {subnet: '2001:db8::/64'}]}}
  back: {}
volumes: {data: , more: }
secrets: {s: {file: ./one}, s2: {file: ./two}}
configs: {c: {content: one}, c2: {content: two}}
"""
OTHERS = {
    **{f"{FOLDER}/{name}": f"content of {name}" for name in ("one", "two", "conf", "conf2")},
    f"{FOLDER}/a.env": "A=1\n",
    f"{FOLDER}/b.env": "A=2\n",
    f"{FOLDER}/q.env": "A='1'\n",
    **{
        normpath(f"{FOLDER}/{folder}/{name}"): "FROM x"
        for folder in (".", "app", "lib")
        for name in ("A", "B", "Dockerfile")
    },
    **{f"{FOLDER}/{folder}/1.sql": "" for folder in ("sql", "more")},
}
OUR_LABELS = ("dev.sandbox.", "com.docker.compose.")
many = settings(max_examples=200)
randoms = st.integers(0, 2**32).map(Random)


def text_of(attributes: str) -> str:
    has_image = attributes.startswith(("image:", "build:"))
    lines = attributes if has_image else f"image: nginx\n    {attributes}"
    return f"services:\n  db: {{image: db}}\n  web:\n    {lines}\n{TOP}"


def spec_of(text: str, others: Mapping[str, str] = OTHERS, *, env: str = "") -> ContainerSpec:
    desired = load(text, others=others, env=env)
    services = (*desired.services, *desired.gates)
    (web,) = (service for service in services if service.name == "web")
    return container_spec(an_owner(), desired, web, 1)


def told(spec: ContainerSpec) -> dict[str, Any]:
    """
    All that the engine is told to make the container, but for what we label it with.
    """
    body = container_payload(spec, spec.endpoints)
    labels = {
        name: text for name, text in body["Labels"].items() if not name.startswith(OUR_LABELS)
    }
    return {
        **body,
        "Labels": labels,
        "files": [replace(file, source="") for file in spec.service.files],
        "hooks": spec.service.hooks,
        "platform": spec.service.platform,
        "name": spec.service.container_name,
    }


def changes(table: Mapping[str, tuple[Change, ...]]) -> list[Any]:
    return [
        pytest.param(*change, id=f"{path}-{number}")
        for path, changed in sorted(table.items())
        for number, change in enumerate(changed)
    ]


@pytest.mark.parametrize(("before", "after"), changes(REACHING))
def test_a_change_that_reaches_the_engine_changes_the_hash(before: str, after: str) -> None:
    one, other = spec_of(text_of(before)), spec_of(text_of(after))

    assert told(one) != told(other)
    assert one.spec_hash != other.spec_hash


@pytest.mark.parametrize(("before", "after"), changes(SILENT))
def test_a_change_that_never_reaches_the_engine_keeps_the_hash(before: str, after: str) -> None:
    one, other = spec_of(text_of(before)), spec_of(text_of(after))

    assert told(one) == told(other)
    assert one.spec_hash == other.spec_hash


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_to_say_one_thing_have_one_hash(one: str, other: str) -> None:
    assert spec_of(text_of(one)).spec_hash == spec_of(text_of(other)).spec_hash


def test_every_part_of_a_service_is_in_one_of_the_tables() -> None:
    parts = set(paths(SERVICE))
    known = {*REACHING, *SILENT, *REFUSED, *ELSEWHERE}
    above = {path.rpartition(".")[0] for path in known}
    inside = REFUSED | ELSEWHERE | {"deploy.placement", "develop"}

    assert len(parts) > 250
    missing = {
        path
        for path in parts - known - above
        if not any(path.startswith(f"{other}.") for other in inside)
    }
    assert sorted(missing) == []
    assert sorted(known - parts) == []


def paths(schema: Any, above: str = "") -> Iterator[str]:
    """
    Dotted path of each key that *schema* knows; ``*`` stands for a name that is free.
    """
    for key, below in schema.get("properties", {}).items():
        yield f"{above}{key}"
        yield from paths(below, f"{above}{key}.")
    if isinstance(schema.get("items"), dict):
        yield from paths(schema["items"], above)
    for pattern, below in schema.get("patternProperties", {}).items():
        if not pattern.startswith("^x-"):
            yield from paths(below, f"{above}*.")


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        ("configs: [f]", "file"),
        ("secrets: [f]", "file"),
        ("env_file: e.env", "e.env"),
        ("label_file: e.env", "e.env"),
        ("volumes: [./folder:/c]", "folder/deep"),
        ("volumes: [./file:/c/f]", "file"),
    ],
)
def test_the_content_of_every_file_that_a_container_gets_is_in_its_hash(
    attributes: str, path: str
) -> None:
    text = f"services: {{web: {{image: x, {attributes}}}}}\n"
    text += "configs: {f: {file: ./file}}\nsecrets: {f: {file: ./file}}\n"
    files = {f"{FOLDER}/file": "A=1", f"{FOLDER}/e.env": "A=1", f"{FOLDER}/folder/deep": "A=1"}
    one = spec_of(text, files)
    other = spec_of(text, files | {f"{FOLDER}/{path}": "A=2"})
    unused = spec_of(text, files | {f"{FOLDER}/unused": "A=2"})

    assert one.spec_hash != other.spec_hash
    assert one.spec_hash == unused.spec_hash


def test_a_variable_is_in_the_hash_where_it_is_used() -> None:
    text = "services: {web: {image: x, user: $A, secrets: [s]}}\nsecrets: {s: {environment: B}}"
    hashes = [spec_of(text, env=env).spec_hash for env in ("A=1\nB=1", "A=2\nB=1", "A=1\nB=2")]

    assert len(set(hashes)) == 3
    assert spec_of(text, env="C=3\n# note\nB='1'\nA=1").spec_hash == hashes[0]


@many
@given(services(), randoms)
def test_spaces_comments_quotes_and_the_order_of_keys_never_change_a_hash(
    attributes: dict[str, Tree], random: Random
) -> None:
    tree: dict[str, Tree] = {"services": {"web": {"image": "nginx", **attributes}}}
    one, other = (spec_of(Writer(random).document(tree)) for _ in range(2))

    assert one.spec_hash == other.spec_hash
    assert told(one) == told(other)


SEPARATORS = (", ", ",", " ", ":", "=", "\n", ";", '", "', "|", "/", ".", " a=")
LISTS: dict[str, Callable[[tuple[str, ...]], dict[str, Any]]] = {
    **{
        name: lambda words, name=name: {name: words}  # type: ignore[misc] # a name for each
        for name in (
            "cap_add",
            "cap_drop",
            "command",
            "entrypoint",
            "external_links",
            "extra_hosts",
            "group_add",
            "security_opt",
        )
    },
    "rules": lambda words: {"devices": Devices(cgroup_rules=words)},
    "capabilities": lambda words: {"devices": devices(capabilities=words)},
    "device ids": lambda words: {"devices": devices(device_ids=words)},
    "servers": lambda words: {"resolver": Resolver(servers=words)},
    "search": lambda words: {"resolver": Resolver(search=words)},
    "options": lambda words: {"resolver": Resolver(options=words)},
    "aliases": lambda words: {"attachments": (Attachment(network="n", aliases=words),)},
    "addresses": lambda words: {"attachments": (Attachment(network="n", link_local_ips=words),)},
    "hook": lambda words: {"hooks": Hooks(pre_stop=(Hook(command=words),))},
    "test": lambda words: {"healthcheck": Healthcheck(test=words)},
    "mount": lambda words: {
        "mounts": (HostMount(source=words[0], target="/t", propagation="".join(words[1:])),)
    },
    "volume": lambda words: {
        "mounts": (VolumeMount(volume=words[0], target="/t", subpath="".join(words[1:])),)
    },
    "address": lambda words: {
        "attachments": (
            Attachment(network="n", ipv4_address=words[0], mac_address="".join(words[1:])),
        )
    },
}


def devices(**request: tuple[str, ...]) -> Devices:
    return Devices(requested=(DeviceRequest(count=1, **request),))  # type: ignore[arg-type] # tuples only


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_text_can_pose_as_two(name: str, separator: str) -> None:
    for first, second in (("a", "b"), ("a", ""), ("A=1", "B=2")):
        two, one = (
            spec(Service(name="web", image="x", **LISTS[name](words)))
            for words in ((first, second), (f"{first}{separator}{second}",))
        )

        assert told(two) == told(one) or two.spec_hash != one.spec_hash


def spec(service: Service) -> ContainerSpec:
    return container_spec(an_owner(), a_desired_state(service), service, 1)
