import pytest

from sandbox.model.desired import Network, Volume
from sandbox.planning.names import (
    container_name,
    network_name,
    normalise,
    project_name,
    volume_name,
)
from tests.builders import an_owner


@pytest.mark.parametrize(
    ("text", "name"), [("My Shop!", "myshop"), ("__a_b-C", "a_b-c"), ("日本", "app"), ("", "app")]
)
def test_a_project_name_holds_only_what_compose_allows(text: str, name: str) -> None:
    assert normalise(text) == name


def test_names_tell_application_environment_and_instance_apart() -> None:
    owners = [
        an_owner(),
        an_owner("production"),
        an_owner(application="blog"),
        an_owner(instance="beefbeefbeef"),
    ]
    assert len({project_name(owner) for owner in owners}) == 4
    assert project_name(an_owner()) == "shop-staging-c0ffee"


def test_two_specs_or_replicas_never_share_a_container_name() -> None:
    names = {container_name(an_owner(), "web", n, h) for n in (1, 2) for h in ("a" * 64, "b" * 64)}
    assert len(names) == 4


def test_a_name_that_the_file_gives_is_used_as_it_is() -> None:
    assert network_name(an_owner(), Network(key="k", name="exact")) == "exact"
    assert volume_name(an_owner(), Volume(key="k", external=True)) == "k"
    assert volume_name(an_owner(), Volume(key="k")) == "shop-staging-c0ffee_k"
