"""The waiver file: what it says, and that a wrong one allows nothing and says where it is wrong."""

import pytest

from sandbox.model.waiver import Subject, Waiver, WaiverFile
from sandbox.planning.waiver_file import read_waivers
from sandbox.policy.admit import Asker, admit
from sandbox.policy.own import Own

PATH = "/repo/.git/sandbox/policy.yaml"
GOOD = "{environment: staging, service: web, key: privileged, reason: why not}"


def read(*entries: str) -> WaiverFile:
    lines = "".join(f"  - {entry}\n" for entry in entries)
    return read_waivers(f"allow:\n{lines}".encode(), PATH)


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"# nothing yet\n", b"allow:\n", b"{}"])
def test_a_file_that_says_nothing_allows_nothing(content: bytes | None) -> None:
    assert read_waivers(content, PATH) == WaiverFile(path=PATH)


def test_entries_are_read_in_order_with_their_lines() -> None:
    found = read(
        GOOD,
        '{environment: "*", volume: data, key: driver_opts, value: /srv, reason: it is shared}',
    )

    assert found.problems == ()
    assert found.waivers == (
        Waiver(
            environment="staging",
            name="web",
            key="privileged",
            reason="why not",
            place=f"{PATH}:2",
        ),
        Waiver(
            environment="*",
            subject=Subject.VOLUME,
            name="data",
            key="driver_opts",
            value="/srv",
            reason="it is shared",
            place=f"{PATH}:3",
        ),
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("privileged", ":2:5: allow[0]: a waiver has the keys environment, service"),
        (GOOD.replace("service: web, ", ""), "a waiver is for one of service, network, volume"),
        (GOOD.replace("service: web", "service: web, volume: x"), "names service and volume"),
        (GOOD.replace("environment: staging, ", ""), "environment is missing"),
        (GOOD.replace(", reason: why not", ""), "reason is missing"),
        (GOOD.replace("why not", '""'), "allow[0].reason: a text is expected"),
        (GOOD.replace("why not", "[a]"), "allow[0].reason: a text is expected"),
        (GOOD.replace(", key: privileged", ""), "key is missing"),
        (GOOD.replace("privileged", "'*'"), "a waiver names its key"),
        (GOOD.replace("privileged", "priviliged"), "did you mean privileged?"),
        (GOOD.replace("privileged", "image"), "no policy denies 'image' of a service"),
        (GOOD.replace("service", "volume"), "no policy denies 'privileged' of a volume"),
        (GOOD.replace("reason", "raeson"), "did you mean reason?"),
        (GOOD.replace("key", "value: , key"), "allow[0].value: a text is expected"),
    ],
)
def test_a_wrong_entry_is_told_with_its_place(entry: str, said: str) -> None:
    found = read(GOOD.replace("web", "db"), entry)

    assert found.waivers == ()
    assert any(said.replace("[0]", "[1]").replace(":2:", ":3:") in line for line in found.problems)
    assert all(line.startswith(f"{PATH}:3:") for line in found.problems)


@pytest.mark.parametrize(
    "content",
    [
        b"allow: [",
        b"- x",
        b"allow: all",
        b"alow: []",
        b"\xff",
        b"allow: []\nallow: []",
        b"a\tb: c\n\td",
    ],
)
def test_a_file_of_the_wrong_shape_is_a_problem_and_allows_nothing(content: bytes) -> None:
    found = read_waivers(content, PATH)

    assert found.waivers == ()
    assert found.problems
    assert all(line.startswith(PATH) for line in found.problems)


def test_the_entry_that_a_denial_gives_allows_what_it_denied() -> None:
    odd = {"Privileged": True, "Devices": [{"PathOnHost": '/dev/a: "b" #c'}], "PidMode": "host"}
    asker = Asker(environment="no", name="web")
    denials = admit({"HostConfig": odd}, asker, Own())
    assert len(denials) == 3

    found = read(*(denial.waiver.removeprefix("- ") for denial in denials))

    assert found.problems == ()
    asker = Asker(environment="no", name="web", waivers=found.waivers)
    assert admit({"HostConfig": odd}, asker, Own()) == ()
