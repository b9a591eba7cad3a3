"""
A release that is to be set, what is against it, and what was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.promotion import Move
from sandbox.render.plan import plan_json, plan_text
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.gate import GateResult
    from sandbox.model.promotion import Migration, Objection, Promotion, Proposal
    from sandbox.render.documents import Json


def proposal_text(proposal: Proposal, *, style: Style = PLAIN) -> str:
    """
    What is to be done, what stays behind, what the environment will do, and every objection.

    ::

        promote 53d3972 of staging to production  Say hello
          gate smoke        passed
          held  staging is degraded, not healthy  (sandbox status staging)
        production at 1a2b3c4: 2 steps
          ...
    """
    return "\n".join(_lines(proposal, style))


def _lines(proposal: Proposal, style: Style) -> Iterator[str]:
    subject = f"  {clean(proposal.subject)}" if proposal.subject else ""
    yield f"{_aim(proposal, style)}{subject}"
    if proposal.origin:
        yield f"  last good: {clean(proposal.origin)}"
    if proposal.source is not None:
        for gate in proposal.source.gates:
            yield f"  gate {clean(gate.gate)}: {gate.verdict}"
    for each in proposal.staying:
        warning = " and cannot be reversed" if each.irreversible else ""
        yield style.paint(f"  stay applied: {clean(each.path)}{warning}", "yellow")
    for objection in proposal.objections:
        remedy = f"  ({clean(objection.remedy)})" if objection.remedy else ""
        yield f"  {style.paint('held', 'red')}  {clean(objection.message)}{remedy}"
    if proposal.plan is not None:
        yield plan_text(proposal.plan)
    elif proposal.plan_problem:
        yield f"  no plan now: {clean(proposal.plan_problem)}"


def _aim(proposal: Proposal, style: Style) -> str:
    name = style.paint(clean(proposal.target.name), "bold")
    release = style.paint(short(proposal.release or proposal.follows), "yellow")
    match proposal.move:
        case Move.PROMOTE:
            return f"promote {release} of {clean(proposal.source_name)} to {name}"
        case Move.PIN:
            return f"pin {release} on {name}"
        case Move.ROLLBACK:
            return f"roll {name} back to {release}"
        case Move.UNPIN:
            return f"unpin {name}, which then follows {clean(proposal.target.branch)}: {release}"


def promotion_text(promotion: Promotion, *, style: Style = PLAIN) -> str:
    """
    The release that is pinned now, the one before, and the commit that says so.
    """
    name = style.paint(clean(promotion.environment), "bold")
    release = style.paint(short(promotion.release), "yellow")
    origin = f" of {clean(promotion.source)}" if promotion.source else ""
    branch = f" on {clean(promotion.branch)}" if promotion.branch else ""
    if not promotion.pinned:
        follows = f"{name} follows {clean(promotion.branch)}"
        if not promotion.changed:
            return f"{follows} already, at release {release}; nothing was committed."
        commit = style.paint(short(promotion.commit), "yellow")
        return f"{follows} again, at release {release}, by commit {commit}{branch}."
    if not promotion.changed:
        return f"{name} is at release {release}{origin} already; nothing was committed."
    before = f" (was {short(promotion.previous)})" if promotion.previous else ""
    commit = style.paint(short(promotion.commit), "yellow")
    if promotion.beside:
        return (
            f"{name} will be pinned to release {release}{origin}{before} when commit {commit}"
            f"{branch} is merged into {clean(promotion.beside)}."
        )
    return f"{name} is pinned to release {release}{origin}{before} by commit {commit}{branch}."


def proposal_json(proposal: Proposal) -> dict[str, Json]:
    """
    What was found out, for programs; ``plan`` is ``null`` when there is none.
    """
    source = proposal.source
    return {
        "move": proposal.move.value,
        "subject": proposal.subject,
        "allowed": not proposal.objections,
        "objections": [_objection_json(each) for each in proposal.objections],
        "gates": [_gate_json(each) for each in source.gates] if source else [],
        "staying": [_migration_json(each) for each in proposal.staying],
        "plan": plan_json(proposal.plan) if proposal.plan else None,
        "plan_problem": proposal.plan_problem or None,
    }


def promotion_json(promotion: Promotion) -> dict[str, Json]:
    """
    What was done; without a change ``commit`` is ``null``.
    """
    return {
        "environment": promotion.environment,
        "release": promotion.release,
        "pinned": promotion.pinned,
        "previous": promotion.previous or None,
        "commit": promotion.commit or None,
        "branch": promotion.branch or None,
        "source": promotion.source or None,
        "changed": promotion.changed,
    }


def _objection_json(objection: Objection) -> dict[str, Json]:
    return {
        "kind": objection.kind.value,
        "message": objection.message,
        "remedy": objection.remedy,
        "final": objection.final,
    }


def _gate_json(result: GateResult) -> dict[str, Json]:
    return {
        "gate": result.gate,
        "verdict": result.verdict.value,
        "started_at": result.started_at,
        "image_id": result.image_id or None,
    }


def _migration_json(migration: Migration) -> dict[str, Json]:
    return {"path": migration.path, "irreversible": migration.irreversible}
