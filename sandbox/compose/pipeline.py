"""
The committed file of the pipeline, ``environments/pipeline.yaml``.

::

    stages:
      - build: [staging, production]
      - test: staging
      - deploy: staging
      - verify: staging
      - approve: "Look at staging first."
      - {release: production, name: go live}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from sandbox.compose.committed import FOLDER
from sandbox.compose.document import parse
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.known import suggestion
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, is_null, items, text
from sandbox.errors import InvalidComposeError
from sandbox.model.pipeline import Stage, StageKind

PIPELINE: Final = f"{FOLDER}/pipeline.yaml"
STAGES_MAX: Final = 50

_KINDS: Final = tuple(kind.value for kind in StageKind)
_KEYS: Final = (*_KINDS, "name")
_NAME: Final = re.compile(r"\w[\w .:/-]{0,59}")


def read_pipeline(content: bytes, environments: Collection[str]) -> tuple[Stage, ...]:
    """
    Read the stages, in their order.

    Args:
        content: The file.
        environments: Names of those that the same commit has.

    Returns:
        At least one stage; names are unique, and each release comes after a deployment.

    Raises:
        InvalidComposeError: The file is wrong; carries every problem, by place.
    """
    findings = Findings(PIPELINE)
    tree = parse(content, PIPELINE, findings, needs="stages:")
    stages = _stages(tree, Place(findings=findings, path=()), environments) if tree else ()
    if findings.problems:
        raise InvalidComposeError(findings.problems)
    return stages


def _stages(tree: MapNode, place: Place, environments: Collection[str]) -> tuple[Stage, ...]:
    _refuse_unknown(tree, ("stages",), place)
    found, here = tree.get("stages"), place.at("stages")
    if not isinstance(found, ListNode) or not found.items:
        where = key_mark(tree, "stages") if found else tree.mark
        here.problem(where, "a list of stages is expected", f"each is one of {', '.join(_KINDS)}")
        return ()
    if len(found.items) > STAGES_MAX:
        here.problem(found, f"there are more than {STAGES_MAX} stages")
        return ()
    stages: list[Stage] = []
    for index, item in enumerate(found.items):
        stage = _stage(item, here.at(index), environments)
        if stage is not None:
            _check_order(stage, stages, item, here.at(index))
            stages.append(stage)
    return tuple(stages)


def _stage(item: Node, place: Place, environments: Collection[str]) -> Stage | None:
    if not isinstance(item, MapNode):
        place.problem(item, "a stage is a mapping, such as `deploy: staging`")
        return None
    _refuse_unknown(item, _KEYS, place)
    given = [kind for kind in StageKind if kind.value in item.values]
    if len(given) != 1:
        what = "does none" if not given else f"does {' and '.join(given)}"
        place.problem(item, f"a stage does one of {', '.join(_KINDS)}; this one {what}")
        return None
    kind, value = given[0], item.values[given[0].value]
    asks = kind is StageKind.APPROVE
    names = () if asks else tuple(_environments(value, kind, place.at(kind.value), environments))
    return Stage(
        name=_name(item, place) or " ".join((kind.value, *names)),
        kind=kind,
        environments=names,
        question=_question(value, place.at(kind.value)) if asks else "",
        place=item.mark.text,
    )


def _environments(
    value: Node, kind: StageKind, place: Place, known: Collection[str]
) -> Iterator[str]:
    """Read the names; several only where a stage may be about several."""
    if isinstance(value, ListNode) and kind is not StageKind.BUILD:
        place.problem(value, "one environment is expected", "write a stage for each")
        return
    if not items(value):
        place.problem(value, "the name of an environment is expected")
    for item in items(value):
        name = text(item)
        if isinstance(item, Scalar) and name in known:
            yield name
        else:
            hint = suggestion(name, sorted(known))
            there_are = f"there are: {', '.join(sorted(known))}"
            place.problem(item, f"there is no environment {name!r} in this commit{hint}", there_are)


def _question(value: Node, place: Place) -> str:
    if not isinstance(value, Scalar):
        place.problem(
            value, "a text is expected: the question to the person who approves, or nothing"
        )
    return text(value)


def _name(item: MapNode, place: Place) -> str:
    node = item.get("name")
    if node is None or is_null(node):
        return ""
    if isinstance(node, Scalar) and _NAME.fullmatch(text(node)):
        return text(node)
    message = "must be a short text of letters, digits, blanks and `.:/_-`"
    place.at("name").problem(node, message)
    return ""


def _check_order(stage: Stage, earlier: list[Stage], item: Node, place: Place) -> None:
    if stage.name in {each.name for each in earlier}:
        place.problem(item, f"there is a stage {stage.name!r} already", "give it another `name`")
    deployed = any(each.kind is StageKind.DEPLOY for each in earlier)
    if stage.kind is StageKind.RELEASE and not deployed:
        message = "a release takes what an earlier stage deployed, and none before it does"
        place.problem(item, message, "write `deploy` instead, or deploy elsewhere before")


def _refuse_unknown(node: MapNode, allowed: tuple[str, ...], place: Place) -> None:
    for name in node.values:
        if name not in allowed:
            hint = suggestion(name, allowed)
            place.problem(
                key_mark(node, name),
                f"unknown key {name!r}{hint}",
                f"allowed: {', '.join(allowed)}",
            )
