from dataclasses import replace

from sandbox.delivery.proof import gate_inputs, last_verdicts, missing_proof
from sandbox.model.gate import GatePhase, GateResult, GateVerdict
from tests.builders import an_owner
from tests.planning.cases import checked, the_shop

SHOP = checked()
INPUTS = gate_inputs(SHOP, an_owner())


def result(gate: str, verdict: GateVerdict, at: float = 1.0) -> GateResult:
    return GateResult(
        gate=gate,
        phase=GatePhase.BEFORE,
        environment="staging",
        revision="a" * 40,
        release="a" * 40,
        inputs=INPUTS[gate],
        verdict=verdict,
        started_at=at,
        seconds=1.0,
    )


PASSED = [result("smoke", GateVerdict.PASSED), result("units", GateVerdict.PASSED)]


def test_a_release_is_proven_when_all_its_gates_have_passed() -> None:
    assert missing_proof(SHOP, an_owner(), PASSED) == ()
    assert missing_proof(the_shop(), an_owner(), ()) == ()


def test_a_gate_that_has_not_run_is_missing() -> None:
    assert missing_proof(SHOP, an_owner(), ()) == ("smoke", "units")
    assert missing_proof(SHOP, an_owner(), PASSED[:1]) == ("units",)


def test_results_for_other_inputs_prove_nothing() -> None:
    others = [replace(each, inputs="f" * 64) for each in PASSED]

    assert missing_proof(SHOP, an_owner(), others) == ("smoke", "units")


def test_the_last_run_counts_in_whatever_order_results_come() -> None:
    failed = result("units", GateVerdict.FAILED, at=2.0)

    for results in ([*PASSED, failed], [failed, *PASSED]):
        assert missing_proof(SHOP, an_owner(), results) == ("units",)
    assert (
        missing_proof(SHOP, an_owner(), [failed, *PASSED, result("units", GateVerdict.PASSED, 3)])
        == ()
    )


def test_what_could_not_run_takes_no_proof_away_and_gives_none() -> None:
    errored = result("units", GateVerdict.ERRORED, at=2.0)

    assert missing_proof(SHOP, an_owner(), [*PASSED, errored]) == ()
    assert last_verdicts([errored]) == {}
