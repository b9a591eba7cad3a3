"""
Verdicts on a new generation beside the old one.
"""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.delivery.analysis import judge, verdict_text
from sandbox.delivery.window import Sample
from sandbox.model.rollout import Analysis
from sandbox.model.verdict import Decision, Figures, Ground, Reason, Verdict

ANALYSIS = Analysis(max_error_rate=0.01, max_p95_ms=300, min_requests=50)
OLD = Sample(requests=900, latencies_ms={20: 900})


def a_sample(requests: int, failed: int = 0, *, slow: int = 0) -> Sample:
    return Sample(requests=requests, failed=failed, latencies_ms={20: requests - slow, 900: slow})


def grounds(verdict: Verdict) -> list[Ground]:
    return [reason.ground for reason in verdict.reasons]


def test_a_good_canary_is_promoted_at_the_end_of_its_step_and_not_before() -> None:
    new = a_sample(100)

    early = judge(ANALYSIS, OLD, new, over=False)
    late = judge(ANALYSIS, OLD, new, over=True)

    assert (early.decision, grounds(early)) == (Decision.HOLD, [Ground.NOT_OVER])
    assert (late.decision, grounds(late)) == (Decision.PROMOTE, [Ground.WITHIN_LIMITS])
    assert (late.old.requests, late.new.requests, late.new.p95_ms) == (900, 100, 20)


@pytest.mark.parametrize("requests", [0, 1, 49])
def test_too_little_traffic_is_no_success(requests: int) -> None:
    verdict = judge(ANALYSIS, OLD, a_sample(requests), over=True)

    assert verdict.decision is Decision.HOLD
    assert verdict.reasons == (Reason(ground=Ground.TOO_FEW_REQUESTS, measured=requests, limit=50),)


def test_five_percent_of_failures_abort_before_the_step_is_over() -> None:
    verdict = judge(ANALYSIS, OLD, a_sample(200, 10), over=False)

    assert verdict.decision is Decision.ABORT
    assert verdict.reasons == (Reason(ground=Ground.ERROR_RATE, measured=0.05, limit=0.01),)


@pytest.mark.parametrize("requests", [1, 10, 60])
@pytest.mark.parametrize("old", [Sample(), OLD, Sample(requests=100_000)])
def test_one_failure_of_a_few_requests_neither_aborts_nor_promotes(
    old: Sample, requests: int
) -> None:
    assert judge(ANALYSIS, old, a_sample(requests, 1), over=True).decision is Decision.HOLD


def test_a_canary_that_fails_always_is_aborted_long_before_the_fewest_requests() -> None:
    old = a_sample(45)

    assert judge(ANALYSIS, old, a_sample(4, 4), over=False).decision is Decision.ABORT


def test_a_canary_that_fails_on_one_method_only_is_aborted() -> None:
    assert judge(ANALYSIS, OLD, a_sample(40, 8), over=False).decision is Decision.ABORT


def test_what_hurts_both_is_not_blamed_on_the_new_one_and_does_not_promote_it() -> None:
    verdict = judge(ANALYSIS, a_sample(900, 180), a_sample(100, 20), over=True)

    assert (verdict.decision, grounds(verdict)) == (Decision.HOLD, [Ground.ERROR_RATE])


def test_without_an_old_one_to_compare_with_the_limit_alone_decides_on_enough_requests() -> None:
    assert judge(ANALYSIS, Sample(), a_sample(49, 20), over=False).decision is Decision.HOLD
    assert judge(ANALYSIS, Sample(), a_sample(50, 20), over=False).decision is Decision.ABORT
    failing = a_sample(10, 10)
    assert judge(ANALYSIS, failing, a_sample(50, 50), over=False).decision is Decision.HOLD


def test_three_times_the_latency_aborts_before_the_step_is_over() -> None:
    verdict = judge(ANALYSIS, OLD, a_sample(60, slow=60), over=False)

    assert verdict.decision is Decision.ABORT
    assert verdict.reasons == (Reason(ground=Ground.P95, measured=900, limit=300),)


def test_the_first_slow_responses_of_a_new_process_do_not_abort() -> None:
    assert judge(ANALYSIS, OLD, a_sample(20, slow=20), over=False).decision is Decision.HOLD


def test_a_p95_a_little_above_its_limit_holds_until_more_requests_tell() -> None:
    few = judge(ANALYSIS, OLD, a_sample(50, slow=4), over=True)
    many = judge(ANALYSIS, OLD, a_sample(1000, slow=80), over=True)

    assert (few.decision, grounds(few)) == (Decision.HOLD, [Ground.P95])
    assert (many.decision, grounds(many)) == (Decision.ABORT, [Ground.P95])


def test_responses_that_nobody_timed_are_not_taken_for_fast_ones() -> None:
    verdict = judge(ANALYSIS, OLD, Sample(requests=100), over=True)

    assert (verdict.decision, grounds(verdict)) == (Decision.HOLD, [Ground.TOO_FEW_TIMED])


def test_a_limit_that_is_not_given_is_not_looked_at() -> None:
    no_limits = Analysis(min_requests=50)

    verdict = judge(no_limits, OLD, a_sample(50, 50, slow=50), over=True)

    assert verdict.decision is Decision.PROMOTE


def test_everything_that_is_wrong_is_told() -> None:
    verdict = judge(ANALYSIS, OLD, a_sample(100, 50, slow=50), over=True)

    assert grounds(verdict) == [Ground.ERROR_RATE, Ground.P95]


def test_a_verdict_is_told_with_its_sample_sizes() -> None:
    aborted = judge(ANALYSIS, OLD, a_sample(212, 11), over=False)
    waiting = judge(ANALYSIS, OLD, Sample(), over=True)

    assert verdict_text(aborted) == (
        "abort: 5.19 % failed, at most 1 % may; of 212 requests, beside 900 of the old with"
        " 0 % failed"
    )
    assert verdict_text(waiting) == (
        "hold: too little traffic: 0 of at least 50 requests; of 0 requests, beside 900 of the"
        " old with 0 % failed"
    )


@pytest.mark.parametrize("ground", Ground)
def test_every_ground_has_words(ground: Ground) -> None:
    verdict = Verdict(
        decision=Decision.HOLD, reasons=(Reason(ground=ground),), new=Figures(requests=7)
    )

    assert "of 7 requests" in verdict_text(verdict)


RATES = st.none() | st.floats(0, 1)
ANALYSES = st.builds(
    Analysis,
    max_error_rate=RATES,
    max_p95_ms=st.none() | st.floats(0, 2000),
    min_requests=st.integers(0, 100),
)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    requests = draw(st.integers(0, 400))
    latencies = draw(st.dictionaries(st.integers(0, 3000), st.integers(1, 200), max_size=5))
    return Sample(requests=requests, failed=draw(st.integers(0, requests)), latencies_ms=latencies)


@given(ANALYSES, samples(), samples(), st.booleans())
def test_there_is_a_verdict_with_a_reason_on_anything(
    analysis: Analysis, old: Sample, new: Sample, over: bool
) -> None:
    verdict = judge(analysis, old, new, over=over)

    assert verdict.reasons
    assert over or verdict.decision is not Decision.PROMOTE
    if new.requests < analysis.min_requests:
        assert verdict.decision is not Decision.PROMOTE
    assert verdict_text(verdict).startswith(verdict.decision.value)


@given(ANALYSES, samples(), samples(), st.booleans(), st.data())
def test_more_failures_never_make_a_verdict_better(
    analysis: Analysis, old: Sample, new: Sample, over: bool, data: st.DataObject
) -> None:
    worse = replace(new, failed=data.draw(st.integers(new.failed, new.requests)))
    order = [Decision.PROMOTE, Decision.HOLD, Decision.ABORT]

    before = judge(analysis, old, new, over=over).decision
    after = judge(analysis, old, worse, over=over).decision

    assert order.index(after) >= order.index(before)


def rollouts(error_rate: float, *, times: int) -> list[Decision]:
    """
    Verdicts of steps with 90 old and 10 new requests a look and 40 looks, each looked at.
    """
    chance = random.Random(20261123)
    limits = replace(ANALYSIS, max_p95_ms=None)
    found = [Decision.HOLD] * times
    for number in range(times):
        failed = 0
        for look in range(1, 41):
            failed += sum(chance.random() < error_rate for _ in range(10))
            old = Sample(requests=90 * look, failed=look // 10)
            new = Sample(requests=10 * look, failed=failed)
            found[number] = judge(limits, old, new, over=look == 40).decision
            if found[number] is Decision.ABORT:
                break
    return found


@pytest.mark.slow
def test_chance_aborts_no_good_canary_and_promotes_no_bad_one() -> None:
    good, at_limit, bad = (rollouts(rate, times=300) for rate in (0.001, 0.01, 0.05))

    assert set(good) == {Decision.PROMOTE}
    assert at_limit.count(Decision.ABORT) <= 6
    assert bad.count(Decision.PROMOTE) == 0
    assert bad.count(Decision.ABORT) >= 285
