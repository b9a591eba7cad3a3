"""The command line inside this process."""

from __future__ import annotations

import typer

from sandbox.cli.app import app, load


def loaded_app() -> typer.Typer:
    """All commands, as a test calls them."""
    load()
    return app
