import pytest

from sandbox.planning.labels import (
    COMPOSE,
    ENVIRONMENT,
    FIELDS,
    INSTANCE,
    REPLICA,
    is_owned,
    owner_labels,
    parse_container_labels,
    stop_grace_s,
)
from sandbox.planning.spec import container_spec
from tests.builders import (
    RELEASE,
    REVISION,
    a_desired_state,
    a_service,
    an_owner,
    waits_for,
)


def labels_of(**service: object) -> dict[str, str]:
    web = a_service("web", **service)  # type: ignore[arg-type] # any field
    return dict(container_spec(an_owner(), a_desired_state(web), web, 2).labels)


def test_labels_can_be_read_back() -> None:
    parsed = parse_container_labels(labels_of(depends_on=[waits_for("db"), waits_for("cache")]))
    assert (parsed.service_name, parsed.replica) == ("web", 2)
    assert (parsed.revision, parsed.release) == (REVISION, RELEASE)
    assert parsed.fields["image"] == "registry.example/web:1"
    assert parsed.depends_on == ("cache", "db")
    assert len(parsed.spec_hash) == 64


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, '"x"'])
def test_broken_labels_come_out_empty_and_never_as_an_error(text: str) -> None:
    parsed = parse_container_labels({FIELDS: text, REPLICA: "9" * 5000})
    assert (parsed.fields, parsed.replica, parsed.service_name) == ({}, 0, "")


@pytest.mark.parametrize("replica", ["0", "-1", "1.0", "x", "", " 1", "٣"])
def test_a_replica_is_a_positive_number(replica: str) -> None:
    assert parse_container_labels({REPLICA: replica}).replica == 0


def test_an_object_is_ours_by_instance_and_environment() -> None:
    owner = an_owner()
    ours = owner_labels(owner)
    assert is_owned(ours, owner)
    assert is_owned(ours, an_owner(application="renamed"))
    assert not is_owned({**ours, INSTANCE: "other"}, owner)
    assert not is_owned({**ours, ENVIRONMENT: "production"}, owner)
    assert not is_owned({}, owner)


def test_a_label_of_the_user_cannot_pose_as_one_of_ours() -> None:
    labels = labels_of(user_labels={INSTANCE: "forged", "team": "a"})
    assert labels[INSTANCE] == an_owner().instance
    assert labels["team"] == "a"


def test_compose_finds_its_own_labels() -> None:
    labels = labels_of()
    found = {key.removeprefix(COMPOSE): text for key, text in labels.items() if COMPOSE in key}
    assert found == {
        "project": "shop-staging-c0ffee",
        "service": "web",
        "container-number": "2",
        "oneoff": "False",
        "config-hash": parse_container_labels(labels).spec_hash,
        "depends_on": "",
    }


@pytest.mark.parametrize(("text", "grace_s"), [("3", 3), ("nan", 10), ("1e9", 10), ("x", 10)])
def test_a_grace_that_makes_no_sense_is_the_default(text: str, grace_s: float) -> None:
    assert stop_grace_s({FIELDS: f'{{"stop_grace_period_s":"{text}"}}'}) == grace_s
