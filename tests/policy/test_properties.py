"""Whatever a body holds, the judge has an answer; what is denied alone is denied in any company."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.policy.admit import Asker, admit, admit_build, admit_hook, admit_network, admit_volume
from sandbox.policy.container import _HARMLESS, _JUDGED
from sandbox.policy.own import Own
from tests.policy.cases import SERVICE_CASES, Case

ASKER = Asker(environment="staging", name="web")
OWN = Own(networks=frozenset({"ours"}), volumes=frozenset({"ours"}))
TEXTS = st.sampled_from(["", "host", "container:x", "/", "/etc:/x", "a=b", "ours", "0.0.0.0", "ß"])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.text(max_size=9))
NAMES = st.sampled_from(
    ["Type", "Source", "Driver", "Options", "DriverConfig", "VolumeOptions", "HostIp", "?"]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(NAMES | TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)
HOSTS = st.dictionaries(st.sampled_from(sorted(_HARMLESS | _JUDGED | {"Else"})), VALUES, max_size=5)
BODIES = st.dictionaries(
    st.sampled_from(["HostConfig", "NetworkingConfig", "Driver", "DriverOpts", "IPAM", "Options"]),
    VALUES | HOSTS,
    max_size=4,
)


@given(BODIES)
def test_every_body_has_an_answer_and_always_the_same(body: dict[str, Any]) -> None:
    answers = [
        (
            admit(body, ASKER, OWN),
            admit_network(body, ASKER),
            admit_volume(body, ASKER),
            admit_build(body, ASKER, OWN),
            admit_hook(body, "pre_stop", ASKER),
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]


@given(st.sampled_from(SERVICE_CASES), HOSTS)
def test_what_is_denied_alone_is_denied_in_any_company(case: Case, host: dict[str, Any]) -> None:
    alone = admit({"HostConfig": case.host}, ASKER, OWN)
    together = admit({"HostConfig": {**host, **case.host}}, ASKER, OWN)

    assert {each.key for each in alone} <= {each.key for each in together}
