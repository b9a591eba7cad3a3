"""
`promote`, `pin` and `unpin`: set an environment's release, always by a commit.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from sandbox.cli.arguments import Environment
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done and what is against it.")
]
Force = Annotated[bool, typer.Option("--force", help="Do it in spite of objections.")]
Reason = Annotated[
    str,
    typer.Option("--reason", metavar="TEXT", help="Reason for --force; recorded in the commit."),
]
Wait = Annotated[bool, typer.Option("--wait", help="Follow it until it is healthy.")]


@command("promote")
def promote(
    invocation: Invocation,
    environment: Environment,
    dry_run: DryRun = False,
    force: Force = False,
    reason: Reason = "",
    beside: Annotated[
        str,
        typer.Option("--pr-branch", metavar="NAME", help="Commit to this new branch instead."),
    ] = "",
    wait: Wait = False,
) -> None:
    """
    Commit that ENV runs what its source environment runs.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.cli.proposed import Wish, carry_out
    from sandbox.errors import UsageError
    from sandbox.runtime.proposal import propose_promotion

    if beside and wait:
        raise UsageError(
            "--pr-branch and --wait exclude each other",
            remedy="nothing happens before that branch is merged",
        )
    wish = Wish(dry_run=dry_run, force=force, reason=reason, wait=wait)
    with opened(invocation) as workspace:
        chosen(workspace, environment)
        propose = partial(propose_promotion, workspace, environment, beside=beside)
        carry_out(invocation, workspace, propose, wish)


@command("pin")
def pin(
    invocation: Invocation,
    environment: Environment,
    revision: Annotated[
        str, typer.Argument(metavar="REV", help="Commit, tag or branch.", show_default=False)
    ],
    wait: Wait = False,
) -> None:
    """
    Commit that ENV is built from the source of REV.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.cli.proposed import Wish, carry_out
    from sandbox.runtime.proposal import propose_pin

    with opened(invocation) as workspace:
        chosen(workspace, environment)
        propose = partial(propose_pin, workspace, environment, revision)
        carry_out(invocation, workspace, propose, Wish(wait=wait))


@command("unpin")
def unpin(invocation: Invocation, environment: Environment, wait: Wait = False) -> None:
    """
    Commit that ENV follows its branch again.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.cli.proposed import Wish, carry_out
    from sandbox.runtime.proposal import propose_unpin

    with opened(invocation) as workspace:
        chosen(workspace, environment)
        propose = partial(propose_unpin, workspace, environment)
        carry_out(invocation, workspace, propose, Wish(wait=wait))
