"""
Many executions of one target, each bounded in time; what goes wrong is kept.
"""

import hashlib
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.fuzz.mutation import mutated
from tests.fuzz.targets import TARGETS, Target

CPU_S_MAX: Final = 2.0
"""What one execution may take of a processor; a whole load of some KiB takes a thousandth."""
KEPT_MAX: Final = 20
MEMORY_BYTES_MAX: Final = 2**30
POOL_MAX: Final = 2_000


class TooSlowError(BaseException):
    """An execution took longer than `CPU_S_MAX`; no ``except Exception`` stops it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A text, and what it came to."""

    text: str
    story: str

    @property
    def place(self) -> str:
        """The kind of error and the line that it came from: equal ones are one bug."""
        lines = [line.strip() for line in self.story.splitlines() if line.startswith("  File ")]
        return f"{lines[-1] if lines else ''} {self.story.splitlines()[-1].partition(':')[0]}"


@dataclass(slots=True, kw_only=True)
class Result:
    """
    What a campaign came to.

    Attributes:
        executions: How many.
        accepted: How many texts of them had a value.
        seconds: Time of a processor.
        slowest_s: The longest of them.
        memory_bytes: The most that the process ever held.
        findings: The first of each place.
    """

    executions: int = 0
    accepted: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    memory_bytes: int = 0
    findings: dict[str, Finding] = field(default_factory=dict)


def run_alone(name: str, executions: int, seconds: float, seed: int) -> Result:
    """
    Run the target *name* as the only work of this process, with bounded memory.
    """
    with bounded_memory(MEMORY_BYTES_MAX):
        return run_campaign(TARGETS[name], executions=executions, seconds=seconds, seed=seed)


def run_campaign(target: Target, *, executions: int, seconds: float, seed: int) -> Result:
    """
    Run *target* that often, or that long, whichever ends first; equal seeds make equal texts.
    """
    result = Result()
    texts = _texts(target, Random(f"{target.name} {seed}"))
    started = time.process_time()
    with timer():
        while result.executions < executions:
            before = time.process_time()
            if before - started > seconds or len(result.findings) >= KEPT_MAX:
                break
            text = next(texts)
            try:
                result.accepted += attempt(target.run, text)
            except FoundError as error:
                result.findings.setdefault(error.finding.place, error.finding)
            result.executions += 1
            result.slowest_s = max(result.slowest_s, time.process_time() - before)
    result.seconds = time.process_time() - started
    result.memory_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return result


class FoundError(Exception):
    """An execution ended as none may; carries the finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.story)
        self.finding = finding


def attempt(run: Callable[[str], bool], text: str) -> bool:
    """
    Run once, bounded in time below a `timer`; whatever it raises is a finding.
    """
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_S_MAX)
    try:
        return run(text)
    except (Exception, TooSlowError) as error:
        raise FoundError(Finding(text=text, story=traceback.format_exc())) from error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@contextmanager
def bounded_memory(size_bytes: int) -> Iterator[None]:
    """
    Let the process have no more than *size_bytes* of addresses: beyond them is a `MemoryError`.
    """
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def timer() -> Iterator[None]:
    """
    Let an `attempt` that takes too long end with a `TooSlowError`; for the main thread only.
    """

    def end(_number: int, _frame: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)


def _texts(target: Target, random: Random) -> Iterator[str]:
    """
    Give the seeds, then texts of the grammar, as they are or damaged, and damaged seeds, for ever.
    """
    yield from target.seeds
    pool = list(target.seeds)
    while True:
        chance = random.random()
        other = pool[int(random.random() * len(pool))]
        if chance < 0.4:
            text = target.grammar(random)
            if chance < 0.02:
                _keep(pool, text, random)
        elif chance < 0.7:
            text = mutated(random, target.grammar(random), other, target.tokens)
        else:
            text = mutated(random, other, target.seeds[0], target.tokens)
            if chance > 0.97:
                _keep(pool, text, random)
        yield text


def _keep(pool: list[str], text: str, random: Random) -> None:
    if len(pool) < POOL_MAX:
        pool.append(text)
    else:
        pool[int(random.random() * len(pool))] = text


def case_name(finding: Finding) -> str:
    """
    Name the file of a kept case after its text.
    """
    return hashlib.sha256(finding.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
