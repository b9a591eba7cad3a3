"""
What the shop calls itself and how it looks; the first place to change something one can see.
"""

HEADLINE = "Small things for slow mornings"

SHOP_NAME = "Kettle & Pine"

# The colour of the strip on top says from across the room where one is.
TONES = {"production": "green", "staging": "amber", "development": "blue"}
OTHER_TONE = "violet"

RELEASE_SHOWN_CHARS = 7


def tone_of(environment: str) -> str:
    """
    Name the strip's colour in *environment*; every environment without its own shares one.
    """
    return TONES.get(environment, OTHER_TONE)


def short(release: str) -> str:
    """
    Shorten a full commit id as Git does; words such as "dev" stay whole.
    """
    return release[:RELEASE_SHOWN_CHARS] if len(release) == len("0" * 40) else release
