"""
`demo`: the guided tour.
"""

from sandbox.cli.command import SET_UP, command
from sandbox.cli.invocation import Invocation


@command("demo", panel=SET_UP)
def demo(invocation: Invocation) -> None:
    """
    Be guided.
    """
