"""
What visitors got over time, as a drawing (SVG) without any script.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sandbox.render.lab import WAY_NAMES
from sandbox.render.text import count, in_html, short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.model.lab import Recording, Visit

_WIDTH, _LEFT, _RIGHT = 1000, 82, 20
_MOMENT_PX = 3
_STRIP, _FAIL, _GAP = 26, 22, 14
_TOP = 34
_CHAR_PX = 6.6
_TICK_AIMS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_TICKS_MAX = 12
_SHADES = 3


@dataclass(frozen=True, slots=True)
class _Scale:
    began_at: float
    seconds: float

    def x(self, at: float) -> float:
        share = (at - self.began_at) / max(self.seconds, 1e-9)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def timeline(recording: Recording, *, seconds: float) -> str:
    """
    Draw one way: which release answered in each environment, failed requests, commands typed.

    Args:
        seconds: Length of the axis; the same for all ways, so that lengths can be compared.
    """
    scale = _Scale(recording.began_at, seconds)
    environments = list(dict.fromkeys(sorted(visit.environment for visit in recording.visits)))
    parts = [_chapters(recording, scale, _height(len(environments)))]
    kinds = _kinds(recording)
    for number, name in enumerate(reversed(environments)):
        top = _TOP + number * (_FAIL + _STRIP + _GAP)
        lane = _lane(name, recording.visits, top, scale)
        parts += [_stretches(lane, scale, kinds), _failures(lane, scale)]
    bottom = _TOP + len(environments) * (_FAIL + _STRIP + _GAP)
    parts += [_typed(recording, bottom, scale), _axis(bottom + 26, scale)]
    label = in_html(f"{WAY_NAMES[recording.way]}: which release answered whom, over time")
    size = f'viewBox="0 0 {_WIDTH} {_height(len(environments))}"'
    return f'<svg {size} role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _height(environments: int) -> int:
    return _TOP + environments * (_FAIL + _STRIP + _GAP) + 52


def _kinds(recording: Recording) -> Mapping[str, tuple[str, str]]:
    """
    Class and word of each release: good ones take turns in shade, bad ones stand out.
    """
    bad = {run.bad_release for run in recording.chapters}
    words = dict(recording.releases)
    seen = dict.fromkeys(visit.release for visit in recording.visits if visit.release)
    good = [release for release in seen if release not in bad]
    shades = {release: f"r{number % _SHADES}" for number, release in enumerate(good)}
    return {each: (shades.get(each, "bad"), words.get(each, short(each))) for each in seen}


@dataclass(frozen=True, slots=True)
class _Lane:
    """
    The visitors of one environment by moment; a moment lasts *moment_s*, *top* is its strip's.
    """

    name: str
    moments: Mapping[int, Sequence[Visit]]
    moment_s: float
    top: int


def _lane(name: str, visits: Sequence[Visit], top: int, scale: _Scale) -> _Lane:
    moment_s = _MOMENT_PX * scale.seconds / (_WIDTH - _LEFT - _RIGHT)
    moments: dict[int, list[Visit]] = {}
    for visit in visits:
        if visit.environment == name:
            moments.setdefault(int((visit.at - scale.began_at) / moment_s), []).append(visit)
    return _Lane(name, moments, moment_s, top + _FAIL)


def _stretches(lane: _Lane, scale: _Scale, kinds: Mapping[str, tuple[str, str]]) -> str:
    """
    A strip: the release that most visitors of a moment got; a gap where nobody got any.
    """
    drawn = [f'<text class="name" x="{_LEFT - 10}" y="{lane.top + 17}">{in_html(lane.name)}</text>']
    most = [(number, _usual(visits)) for number, visits in sorted(lane.moments.items())]
    for release, group in groupby(most, key=lambda each: each[1]):
        numbers = [number for number, _ in group]
        if not release:
            continue
        kind, word = kinds[release]
        left = scale.x(scale.began_at + numbers[0] * lane.moment_s)
        width = round(scale.x(scale.began_at + (numbers[-1] + 1) * lane.moment_s) - left, 1)
        title = in_html(f"{lane.name}: {word} ({short(release)})")
        drawn.append(
            f'<rect class="{kind}" x="{left}" y="{lane.top}" width="{width}" height="{_STRIP}">'
            f"<title>{title}</title></rect>"
        )
        if len(word) * _CHAR_PX < width - 6:
            place = f'x="{left + 5}" y="{lane.top + 17}"'
            drawn.append(f'<text class="in" {place}>{in_html(word)}</text>')
    return "".join(drawn)


def _usual(visits: Sequence[Visit]) -> str:
    """
    The release that answered most of *visits*, empty when none did; failures may name one, too.
    """
    answered = Counter(each.release for each in visits if not each.failure)
    return max(sorted(answered), key=lambda release: answered[release], default="")


def _failures(lane: _Lane, scale: _Scale) -> str:
    """
    Bars on top of the strip: the share of a moment's requests that failed.
    """
    drawn: list[str] = []
    for number, visits in sorted(lane.moments.items()):
        failed = sum(bool(each.failure) for each in visits)
        if not failed:
            continue
        height = round(max(_FAIL * failed / len(visits), 4.0), 1)
        left = scale.x(scale.began_at + number * lane.moment_s)
        title = in_html(f"{lane.name}: {failed} of {count(len(visits), 'request')} failed")
        drawn.append(
            f'<rect class="fail" x="{left}" y="{lane.top - height}" width="{_MOMENT_PX}" '
            f'height="{height}"><title>{title}</title></rect>'
        )
    return "".join(drawn)


def _chapters(recording: Recording, scale: _Scale, height: int) -> str:
    drawn: list[str] = []
    for run in recording.chapters:
        left, right = scale.x(run.began_at), scale.x(run.ended_at)
        word = run.chapter.value.replace("-", " ")
        drawn.append(f'<line class="edge" x1="{left}" x2="{left}" y1="6" y2="{height - 26}"/>')
        shown = word if len(word) * _CHAR_PX < right - left else ""
        drawn.append(f'<text class="chapter" x="{left + 4}" y="16">{in_html(shown)}</text>')
    return "".join(drawn)


def _typed(recording: Recording, top: int, scale: _Scale) -> str:
    drawn = [f'<text class="name" x="{_LEFT - 10}" y="{top + 9}">typed</text>']
    for each in recording.commands:
        left = scale.x(each.at)
        width = max(round(scale.x(each.at + each.seconds) - left, 1), 3.0)
        title = in_html(each.line)
        drawn.append(
            f'<rect class="typed" x="{left}" y="{top}" width="{width}" height="10">'
            f"<title>{title}</title></rect>"
        )
    return "".join(drawn)


def _axis(y: int, scale: _Scale) -> str:
    every = next((aim for aim in _TICK_AIMS if scale.seconds / aim <= _TICKS_MAX), _TICK_AIMS[-1])
    drawn = [f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y - 8}" y2="{y - 8}"/>']
    for second in range(0, int(scale.seconds) + 1, every):
        x = scale.x(scale.began_at + second)
        drawn.append(f'<text class="tick" x="{x}" y="{y + 8}">{second} s</text>')
    return "".join(drawn)
