from sandbox.compose.load import load_environment
from tests.compose.committed import MemorySource, load, problems

OWN = "x-sandbox: {}\nservices:\n  web: {image: 'x:1', container_name: the-web}\n"


def test_a_name_that_is_free_is_the_container_s() -> None:
    state = load(OWN)

    assert state.services[0].container_name == "the-web"
    assert state.warnings == ()


def test_a_name_that_two_environments_have_is_one_on_the_networks() -> None:
    files = {f"environments/{name}/compose.yaml": OWN.encode() for name in ("a", "b")}

    state = load_environment("b", MemorySource(files=files), default_application="shop")

    (web,) = state.services
    assert web.container_name == ""
    assert web.attachments[0].aliases == ("the-web",)
    assert "the container is not called the-web: the environment a has it" in state.warnings[0]


def test_several_replicas_cannot_have_one_name_as_in_compose() -> None:
    (found,) = problems(OWN.replace("container_name", "scale: 2, container_name"))

    assert "2 containers of the service 'web' cannot have the same name" in found


def test_an_environment_that_cannot_be_read_holds_no_name() -> None:
    files = {
        "environments/a/compose.yaml": b"x-sandbox: {}\nservices: [",
        "environments/b/compose.yaml": OWN.encode(),
    }

    state = load_environment("b", MemorySource(files=files), default_application="shop")

    assert state.services[0].container_name == "the-web"
