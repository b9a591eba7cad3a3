"""
Templates and what all of them know.
"""

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shop import theme
from shop.orders import STATES
from shop.pricing import euros
from shop.settings import Settings

_HERE = Path(__file__).parent
STYLE = (_HERE / "static" / "shop.css").read_text()
STYLE_VERSION = hashlib.sha256(STYLE.encode()).hexdigest()[:12]


@cache
def art(slug: str) -> Markup:
    """
    Give the drawing of a product; one without its own gets an empty shelf.
    """
    file = _HERE / "art" / f"{slug}.svg"
    if not file.is_file():
        return Markup('<svg viewBox="0 0 200 200"><path d="M30 150h140v8H30z"/></svg>')
    return Markup(file.read_text())  # noqa: S704 - our own files


def moment(at: datetime) -> str:
    """
    Write a time of day for people.
    """
    return at.strftime("%d %b, %H:%M:%S")


def templates(settings: Settings) -> Environment:
    """
    Make the templates of an environment; they escape what they are given.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"euros": euros, "moment": moment, "art": art}
    environment.globals |= {
        "theme": theme,
        "states": STATES,
        "style_version": STYLE_VERSION,
        "environment": settings.environment,
        "release": theme.short(settings.release),
        "release_full": settings.release,
        "tone": theme.tone_of(settings.environment),
    }
    return environment
