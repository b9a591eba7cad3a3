"""
`notify`: messages about what happens.
"""

from __future__ import annotations

from sandbox.cli.command import command, group
from sandbox.cli.guard import Ended
from sandbox.cli.invocation import Invocation

notify = group("notify")


@notify.callback()
def about() -> None:
    """
    Messages to chats and other programs.
    """


@command("test", of=notify)
def test(invocation: Invocation) -> None:
    """
    Send one message to each webhook of notify.yaml.

    Says what came of each.
    """
    from sandbox.cli.opened import opened
    from sandbox.render.notification import trials_json, trials_text
    from sandbox.runtime.notice import try_webhooks

    with opened(invocation) as workspace:
        trials = try_webhooks(workspace)
    if invocation.json:
        invocation.show_json(trials_json(trials))
    else:
        invocation.show(trials_text(trials, style=invocation.style))
    if any(trial.error for trial in trials):
        raise Ended(1)
