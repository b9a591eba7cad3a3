"""
What visitors got over time, as a drawing (SVG) without any script.

Lengths along the time axis are percentages and text has its own size, so that the drawing fills a
wide page and a narrow one and can be read on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.delivery.lab_service import Service, stretches
from sandbox.render.lab import WAY_NAMES
from sandbox.render.text import duration, in_html, short
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.delivery.lab_service import Stretch
    from sandbox.model.lab import Recording, Visit

_MOMENTS = 300
_CHAPTERS_PX, _NAME_PX, _FAIL_PX, _STRIP_PX, _GAP_PX = 28, 26, 20, 36, 14
_TYPED_PX, _AXIS_PX = 16, 34
_CHAR_PX, _MARGIN_PX = 9.6, 7
_NARROW_PX, _WIDE_PX = 420, 980
"""Least width of the drawing on a page of 500 px, and of one on which class ``wide`` is shown."""
_TICK_AIMS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)
_TICKS_MAX = 6
_EDGE_SHARE = 0.9
_SHADES = 3


@dataclass(frozen=True, slots=True)
class _Scale:
    began_at: float
    seconds: float

    def share(self, at: float) -> float:
        """From 0 at the beginning to 1 at the end of the axis."""
        return min(max((at - self.began_at) / max(self.seconds, 1e-9), 0.0), 1.0)

    def x(self, at: float) -> str:
        return f"{100 * self.share(at):.2f}%"

    def width(self, began_at: float, ended_at: float, *, least: float = 0.0) -> str:
        return f"{max(100 * (self.share(ended_at) - self.share(began_at)), least):.2f}%"

    def shown(self, word: str, began_at: float, ended_at: float, indent: int) -> str:
        """Class for *word* in that time: empty for any page, ``wide``, or ``never``."""
        needed = indent + len(word) * _CHAR_PX + _MARGIN_PX
        share = self.share(ended_at) - self.share(began_at)
        if needed <= share * _NARROW_PX:
            return ""
        return "wide" if needed <= share * _WIDE_PX else "never"


def timeline(recording: Recording, *, seconds: float) -> str:
    """
    Draw one run: which release answered in each environment, outages, failed requests, commands.

    Args:
        seconds: Length of the axis; the same for all runs, so that lengths can be compared.
    """
    scale = _Scale(recording.began_at, seconds)
    environments = list(dict.fromkeys(sorted(visit.environment for visit in recording.visits)))
    lane_px = _NAME_PX + _FAIL_PX + _STRIP_PX + _GAP_PX
    bottom = _CHAPTERS_PX + len(environments) * lane_px
    height = bottom + _NAME_PX + _TYPED_PX + _AXIS_PX
    kinds = _kinds(recording)
    parts = [*_chapters(recording, scale, height - _AXIS_PX)]
    for number, name in enumerate(reversed(environments)):
        top = _CHAPTERS_PX + number * lane_px
        visits = [visit for visit in recording.visits if visit.environment == name]
        strip_top = top + _NAME_PX + _FAIL_PX
        parts.append(_name(name, top))
        parts += _failures(name, visits, strip_top, scale)
        parts += _strip(name, visits, strip_top, _Drawn(recording, scale, kinds))
    parts += [_name("typed by a person", bottom)]
    parts += [*_typed(recording, bottom + _NAME_PX, scale)]
    parts += [*_axis(bottom + _NAME_PX + _TYPED_PX + 8, scale)]
    label = in_html(f"{WAY_NAMES[recording.way]}: which release answered whom, over time")
    size = f'width="100%" height="{height}"'
    return f'<svg class="timeline" {size} role="img" aria-label="{label}">{"".join(parts)}</svg>'


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
class _Drawn:
    """What a strip is drawn from."""

    recording: Recording
    scale: _Scale
    kinds: Mapping[str, tuple[str, str]]

    def look(self, stretch: Stretch) -> tuple[str, str, str]:
        """Class, word, and the sentence that a pointer shows."""
        match stretch.service:
            case Service.OUT:
                return "out", "out of service", "no request was served"
            case Service.UNKNOWN:
                return "unknown", "unknown", "nobody asked"
            case Service.SERVED if not stretch.release:
                return "untold", "served", "served; the answer names no release"
            case Service.SERVED:
                kind, word = self.kinds[stretch.release]
                return kind, word, f"{word} ({short(stretch.release)})"


def _strip(name: str, visits: Sequence[Visit], top: int, drawn: _Drawn) -> Iterator[str]:
    """
    What visitors got: a release, nothing (an outage), or nobody asked (unknown).
    """
    recording, scale = drawn.recording, drawn.scale
    moment_s = scale.seconds / _MOMENTS
    found = stretches(visits, recording.began_at, recording.ended_at, moment_s=moment_s)
    # What is only outlined comes last: its neighbours would cover the outline.
    for stretch in sorted(found, key=lambda each: each.service is Service.UNKNOWN):
        began, ended = stretch.began_at, stretch.ended_at
        kind, word, sentence = drawn.look(stretch)
        title = in_html(f"{name}: {sentence}, {duration(ended - began)}")
        place = f'x="{scale.x(began)}" y="{top}" height="{_STRIP_PX}"'
        width = scale.width(began, ended, least=0.3)
        yield f'<rect class="{kind}" {place} width="{width}"><title>{title}</title></rect>'
        yield _word(f"in {kind}-word", word, (began, ended), (top + 24, 7), scale)


def _word(
    kind: str, word: str, span: tuple[float, float], place: tuple[int, int], scale: _Scale
) -> str:
    """
    *word* at the beginning of *span*, where it fits; *place* is the base line and the indent.
    """
    y, indent = place
    shown = scale.shown(word, *span, indent)
    if shown == "never":
        return ""
    kind = f"{kind} {shown}".rstrip()
    return (
        f'<text class="{kind}" x="{scale.x(span[0])}" dx="{indent}" y="{y}">{in_html(word)}</text>'
    )


def _name(name: str, top: int) -> str:
    return f'<text class="name" x="0" y="{top + 20}">{in_html(name)}</text>'


def _failures(name: str, visits: Sequence[Visit], bottom: int, scale: _Scale) -> Iterator[str]:
    """
    Bars on top of the strip: the share of a moment's requests that failed.
    """
    moment_s = max(scale.seconds / _MOMENTS, 1e-9)
    moments: dict[int, list[Visit]] = {}
    for visit in visits:
        moments.setdefault(int((visit.at - scale.began_at) / moment_s), []).append(visit)
    for number, together in sorted(moments.items()):
        failed = sum(bool(each.failure) for each in together)
        if not failed:
            continue
        height = round(max(_FAIL_PX * failed / len(together), 4.0), 1)
        began = scale.began_at + number * moment_s
        title = in_html(f"{name}: {failed} of {count(len(together), 'request')} failed")
        yield (
            f'<rect class="fail" x="{scale.x(began)}" y="{bottom - height}" '
            f'width="{100 / _MOMENTS:.2f}%" height="{height}"><title>{title}</title></rect>'
        )


def _chapters(recording: Recording, scale: _Scale, height: int) -> Iterator[str]:
    """
    A line where each chapter begins, its number, and its name where there is room.
    """
    for number, run in enumerate(recording.chapters, 1):
        x = scale.x(run.began_at)
        kind = "chapter broke" if run.problem else "chapter"
        span = (run.began_at, run.ended_at)
        yield f'<line class="edge" x1="{x}" x2="{x}" y1="4" y2="{height}"/>'
        yield _word(kind, str(number), span, (20, 5), scale)
        yield _word(kind, run.chapter.value.replace("-", " "), span, (20, 22), scale)


def _typed(recording: Recording, top: int, scale: _Scale) -> Iterator[str]:
    for each in recording.commands:
        ended = each.at + each.seconds
        title = in_html(f"{each.line}, {duration(each.seconds)}")
        yield (
            f'<rect class="typed" x="{scale.x(each.at)}" y="{top}" '
            f'width="{scale.width(each.at, ended, least=0.4)}" height="{_TYPED_PX}">'
            f"<title>{title}</title></rect>"
        )


def _axis(y: int, scale: _Scale) -> Iterator[str]:
    every = next((aim for aim in _TICK_AIMS if scale.seconds / aim <= _TICKS_MAX), _TICK_AIMS[-1])
    yield f'<line class="axis" x1="0" x2="100%" y1="{y - 4}" y2="{y - 4}"/>'
    for second in range(0, int(scale.seconds) + 1, every):
        at = scale.began_at + second
        side = "first" if not second else "last" if scale.share(at) > _EDGE_SHARE else "mid"
        yield f'<text class="tick {side}" x="{scale.x(at)}" y="{y + 16}">{second} s</text>'
