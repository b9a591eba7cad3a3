"""
`promote` and `pin`: set an environment's release, always by a commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import Environment
from sandbox.cli.command import DELIVER, command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from sandbox.model.promotion import Promotion


@command("promote", panel=DELIVER)
def promote(invocation: Invocation, environment: Environment) -> None:
    """
    Commit that ENV runs what its source environment runs.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.runtime import promoter

    with opened(invocation) as workspace:
        chosen(workspace, environment)
        _show(invocation, promoter.promote(workspace, environment))


@command("pin", panel=DELIVER)
def pin(
    invocation: Invocation,
    environment: Environment,
    revision: Annotated[
        str, typer.Argument(metavar="REV", help="Commit, tag or branch.", show_default=False)
    ],
) -> None:
    """
    Commit that ENV is built from the source of REV.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.runtime import promoter

    with opened(invocation) as workspace:
        chosen(workspace, environment)
        _show(invocation, promoter.pin(workspace, environment, revision))


def _show(invocation: Invocation, promotion: Promotion) -> None:
    if invocation.json:
        from sandbox.render import documents

        invocation.show_json(documents.promotion(promotion))
        return
    from sandbox.render.promotion import promotion_text

    invocation.show(promotion_text(promotion, style=invocation.style))
