import signal
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.campaign import CPU_S_MAX, FoundError, attempt, run_campaign, timer
from tests.fuzz.files import joined, parted
from tests.fuzz.mutation import LENGTH_MAX, mutated
from tests.fuzz.targets import TARGETS, Target

CASES = Path(__file__).parent / "cases"
KEPT = sorted(path.relative_to(CASES).as_posix() for path in CASES.rglob("*") if path.is_file())
EXECUTIONS = 2_000


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_text_has_a_value_or_is_refused(name: str) -> None:
    result = run_campaign(TARGETS[name], executions=EXECUTIONS, seconds=60, seed=0)

    assert "\n".join(each.story for each in result.findings.values()) == ""
    assert result.executions == EXECUTIONS
    # Neither the right nor the wrong texts are too few to say anything.
    assert 0.1 < result.accepted / EXECUTIONS < 0.9


@pytest.mark.parametrize("case", KEPT)
def test_what_was_found_once_stays_mended(case: str) -> None:
    text = (CASES / case).read_bytes().decode("utf-8", "surrogatepass")

    with timer():
        attempt(TARGETS[case.partition("/")[0]].run, text)


def test_cases_are_kept_for_targets_that_there_are() -> None:
    assert KEPT
    assert {case.partition("/")[0] for case in KEPT} <= TARGETS.keys()


def a_target(text: str = "a") -> Target:
    def run(text: str) -> bool:
        assert text != "wrong", "a bug"
        while text == "slow":
            pass
        return text == "right"

    return Target(name="t", run=run, grammar=lambda _: text, seeds=("right",), tokens=("x",))


def test_a_bug_is_found_once_for_each_place_that_it_comes_from() -> None:
    result = run_campaign(a_target("wrong"), executions=500, seconds=60, seed=0)

    (found,) = result.findings.values()
    assert found.text == "wrong"
    assert "a bug" in found.story
    assert result.executions == 500


def test_what_does_not_end_is_ended_and_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.campaign.CPU_S_MAX", CPU_S_MAX / 20)

    with timer(), pytest.raises(FoundError, match="TooSlowError"):
        attempt(a_target().run, "slow")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_equal_seeds_make_equal_texts() -> None:
    def texts(seed: int) -> list[str]:
        seen: list[str] = []

        def run(text: str) -> bool:
            seen.append(text)
            return False

        target = TARGETS["project"]
        spy = Target(
            name=target.name,
            run=run,
            grammar=target.grammar,
            seeds=target.seeds,
            tokens=target.tokens,
        )
        run_campaign(spy, executions=1_000, seconds=60, seed=seed)
        return seen

    assert texts(3) == texts(3)
    assert texts(3) != texts(4)
    assert len(set(texts(3))) > 900


def test_a_mutation_changes_the_text_and_keeps_it_small() -> None:
    random = Random(0)
    texts = [mutated(random, "a: 1\n" * 100, "b: 2\n" * 100, ("x",)) for _ in range(1_000)]

    assert max(map(len, texts)) <= LENGTH_MAX
    assert sum(text == "a: 1\n" * 100 for text in texts) < 50


def test_files_that_are_joined_come_apart_again() -> None:
    files = {"compose.yaml": "a: 1\n", "sub/.env": "A=\udcff\n%%%\n"}

    parts = parted(joined(files))
    assert parts == {"compose.yaml": b"a: 1\n", "sub/.env": b"A=\xff\n%%%\n"}
