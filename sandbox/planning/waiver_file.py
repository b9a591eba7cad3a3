"""
The waiver file of a machine: ``<git common dir>/sandbox/policy.yaml``, which no commit can reach.

::

    allow:
      - {environment: staging, service: web, key: devices, value: /dev/fuse, reason: "rclone"}
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from sandbox.compose.document import parse
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.node import ListNode, MapNode, Scalar, is_null, text
from sandbox.model.waiver import EVERY, Subject, Waiver, WaiverFile
from sandbox.policy.keys import KEYS, canonical_key

if TYPE_CHECKING:
    from sandbox.compose.node import Node

_SUBJECTS: Final = tuple(subject.value for subject in Subject)
_FIELDS: Final = ("environment", *_SUBJECTS, "key", "value", "reason")


def read_waivers(content: bytes | None, path: str) -> WaiverFile:
    """
    Read the waiver file; one that is not there allows nothing.

    A file with a problem allows nothing either: half of what a person meant may be more than that.
    """
    if content is None or not _says_something(content):
        return WaiverFile(path=path)
    findings = Findings(path)
    tree = parse(content, path, findings)
    waivers = _waivers(tree, Place(findings=findings, path=())) if tree else ()
    if findings.problems:
        return WaiverFile(path=path, problems=tuple(str(each) for each in findings.problems))
    return WaiverFile(path=path, waivers=waivers)


def _says_something(content: bytes) -> bool:
    """Tell whether there is more than comments."""
    lines = (line.strip() for line in content.removeprefix(b"\xef\xbb\xbf").splitlines())
    return any(line and not line.startswith(b"#") for line in lines)


def _waivers(tree: MapNode, place: Place) -> tuple[Waiver, ...]:
    _check_fields(tree, ("allow",), place)
    allow = tree.get("allow")
    if allow is None or is_null(allow):
        return ()
    if not isinstance(allow, ListNode):
        place.at("allow").problem(allow, "a list of waivers is expected")
        return ()
    read = [_waiver(item, place.at("allow", at)) for at, item in enumerate(allow.items)]
    return tuple(waiver for waiver in read if waiver)


def _waiver(item: Node, place: Place) -> Waiver | None:
    if not isinstance(item, MapNode):
        place.problem(item, f"a waiver has the keys {', '.join(_FIELDS)}")
        return None
    _check_fields(item, _FIELDS, place)
    subject = _subject(item, place)
    environment = _text(item, "environment", place)
    key, reason = _text(item, "key", place), _text(item, "reason", place)
    value = _text(item, "value", place) if "value" in item.values else ""
    if subject is None:
        return None
    if key:
        _check_key(item, subject, key, place)
    return Waiver(
        environment=environment,
        subject=subject,
        name=_text(item, subject.value, place),
        key=key,
        value=value,
        reason=reason,
        place=item.mark.text,
    )


def _check_fields(node: MapNode, allowed: tuple[str, ...], place: Place) -> None:
    for name in node.values:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(allowed)}"
            place.problem(key_mark(node, name), f"unknown key {name!r}", remedy)


def _subject(item: MapNode, place: Place) -> Subject | None:
    given = [name for name in _SUBJECTS if name in item.values]
    if len(given) == 1:
        return Subject(given[0])
    what = "names none" if not given else f"names {' and '.join(given)}"
    place.problem(item, f"a waiver is for one of {', '.join(_SUBJECTS)}; this one {what}")
    return None


def _text(item: MapNode, name: str, place: Place) -> str:
    """Read a text that must be there; anything else is a problem."""
    node = item.get(name)
    if node is None:
        place.problem(item, f"{name} is missing")
        return ""
    found = text(node).strip()
    if not isinstance(node, Scalar) or not found:
        place.at(name).problem(node, "a text is expected")
        return ""
    return found


def _check_key(item: MapNode, subject: Subject, key: str, place: Place) -> None:
    if canonical_key(subject, key):
        return
    where = item.values["key"]
    if key == EVERY:
        message = f"a waiver names its key; {EVERY} would allow whatever a later commit asks for"
        place.at("key").problem(where, message)
        return
    near = get_close_matches(key, KEYS[subject], n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(KEYS[subject]))}"
    place.at("key").problem(where, f"no policy denies {key!r} of a {subject}", remedy)
