import pytest

from sandbox.model.service import Logging
from tests.compose.committed import load, service, service_problems, with_service


@pytest.mark.parametrize("attribute", ["command", "entrypoint"])
@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[a, 'b c', '']", ("a", "b c", "")),
        ("a 'b c' $$X", ("a", "b c", "$X")),
        ("[]", ()),
        ("''", ()),
        ("", None),
        ("null", None),
    ],
)
def test_lists_strings_and_nothing_are_told_apart(
    attribute: str, written: str, words: tuple[str, ...] | None
) -> None:
    assert getattr(service(f"{attribute}: {written}"), attribute) == words


def test_what_compose_drops_from_a_command_is_dropped_and_warned_of() -> None:
    state = load(with_service("command: a;b && c"))

    assert state.services[0].command == ("a",)
    assert "everything from ';' on is ignored" in state.warnings[0]


def test_a_command_that_cannot_be_split_is_a_problem() -> None:
    (found,) = service_problems('command: "echo \'x"')

    assert "the command cannot be split into words: the ' is never closed" in found


def test_extra_hosts_take_all_forms() -> None:
    expected = ("a:10.0.0.1", "b:host-gateway", "c:::1")

    assert service("extra_hosts: ['a:10.0.0.1', b=host-gateway, 'c:[::1]']").extra_hosts == expected
    assert (
        service("extra_hosts: {c: '::1', a: 10.0.0.1, b: [host-gateway]}").extra_hosts == expected
    )


def test_a_host_without_an_address_is_told() -> None:
    assert "'a' is not name:address" in service_problems("extra_hosts: [a]")[0]


def test_logging_has_a_driver_and_options_as_text() -> None:
    found = service("logging: {driver: json-file, options: {max-size: 10m, max-file: 3}}")

    assert found.logging == Logging(
        driver="json-file", options={"max-file": "3", "max-size": "10m"}
    )
    assert service("user: x").logging is None
