"""
Two small files of ours, each a list of mappings: the stages of a pipeline, and webhooks.
"""

from random import Random
from typing import Final

from sandbox.compose.pipeline import STAGES_MAX, read_pipeline
from sandbox.compose.webhook_file import WEBHOOKS_MAX, read_webhooks
from sandbox.errors import InvalidComposeError
from sandbox.model.pipeline import StageKind
from tests.fuzz.files import encoded

ENVIRONMENTS: Final = ("production", "staging")
PIPELINES: Final = (
    (
        "stages:\n  - build: [staging, production]\n  - deploy: staging\n  - approve: Sure?\n"
        "  - {release: production, name: go}\n"
    ),
    "stages: [{test: staging}, {verify: staging}, {approve: }]\n",
)
PIPELINE_TOKENS: Final = (*StageKind, *ENVIRONMENTS, "stages:", "name:", "- ", "{", "}", "[", "]")
WEBHOOKS: Final = (
    "webhooks:\n  - {url: 'https://h.example/x', format: chat, on: [drift, synced]}\n",
    "# none\nwebhooks:\n  - url: http://127.0.0.1:1/\n    environments: [staging]\n",
)
WEBHOOK_TOKENS: Final = (
    *("webhooks:", "url:", "format:", "on:", "environments:", "https://h", "chat", "json"),
    *("drift", "output", "- ", "{", "}", "[", "]", "#"),
)


def run_pipeline_file(text: str) -> bool:
    """
    Stages with names of their own, or problems.
    """
    try:
        stages = read_pipeline(encoded(text), ENVIRONMENTS)
    except InvalidComposeError:
        return False
    assert 1 <= len(stages) <= STAGES_MAX
    assert len({stage.name for stage in stages}) == len(stages)
    for stage in stages:
        assert bool(stage.environments) == (stage.kind is not StageKind.APPROVE)
        assert set(stage.environments) <= set(ENVIRONMENTS)
    return True


def run_webhook_file(text: str) -> bool:
    """
    Webhooks with a host, or problems and no webhook.
    """
    file = read_webhooks(encoded(text), "f")
    assert not (file.webhooks and file.problems)
    assert len(file.webhooks) <= WEBHOOKS_MAX
    assert all(each.host and each.on for each in file.webhooks)
    return not file.problems


def pipeline_file(random: Random) -> str:
    """
    Make stages, mostly right ones.
    """
    lines = ["stages:"]
    for number in range(random.randint(1, 6)):
        kind = random.choice(tuple(StageKind))
        value = random.choice((*ENVIRONMENTS, *ENVIRONMENTS, "[staging]", "Look."))
        value = "staging" if random.random() < 0.7 and kind is not StageKind.APPROVE else value
        lines.append(f"  - {{{kind}: {value}, name: s{number}}}")
    return "\n".join(lines) + "\n"


def webhook_file(random: Random) -> str:
    """
    Make webhooks, mostly right ones.
    """
    lines = ["webhooks:"]
    for _ in range(random.randint(0, 4)):
        url = random.choice(("https://h.example/x", "http://127.0.0.1:8080", "http://[::1]/?a=b"))
        on = random.choice(("drift", "synced", "degraded, held", "outputs"))
        lines.append(f"  - {{url: '{url}', on: [{on}], format: {random.choice(('chat', 'json'))}}}")
    return "\n".join(lines) + "\n"
