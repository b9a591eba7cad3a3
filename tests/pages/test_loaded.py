"""Files and documents of pages: the program reads the former, and writes the latter."""

import json
from collections.abc import Callable

import pytest

from sandbox.compose.load import load_environment
from sandbox.compose.pipeline import read_pipeline
from sandbox.compose.webhook_file import read_webhooks
from sandbox.delivery.notify import body
from sandbox.model.event import EventKind
from sandbox.model.notification import MessageFormat, Notification
from sandbox.planning.waiver_file import read_waivers
from sandbox.render.lab_document import lab_json
from tests.compose.committed import MemorySource
from tests.lab_recordings import report
from tests.pages.page import TOP, Block, all_pages
from tests.pages.shape import misfits, parse_shape

LOADED = [(page.path, block) for page in all_pages() for block in page.blocks if block.note("load")]
IDS = [f"{path}:{block.line}" for path, block in LOADED]
_SERVICES = "\nservices:\n"


def template() -> dict[str, bytes]:
    """Give the files that `sandbox init` lays down."""
    places = [path for name in ("environments", "demo_shop") for path in (TOP / name).rglob("*")]
    return {
        path.relative_to(TOP).as_posix(): path.read_bytes() for path in places if path.is_file()
    }


def check_environment(path: str, text: str) -> None:
    """Load the environment of *path*, with what *text* leaves out taken from the template."""
    files = template()
    old = files.get(path, b"").decode()
    if "services:" not in text:
        text += old[old.index(_SERVICES) :]
    elif "x-sandbox:" not in "".join(line for line in text.splitlines() if line[:1] != " "):
        text = f"x-sandbox: {{}}\n{text}"
    files[path] = text.encode()
    name = path.split("/")[1]
    state = load_environment(name, MemorySource(files=files), default_application="shop")
    assert state.services or state.gates


def check_webhooks(path: str, text: str) -> None:
    found = read_webhooks(text.encode(), path)
    assert found.problems == ()
    assert found.webhooks


def check_waivers(path: str, text: str) -> None:
    found = read_waivers(text.encode(), path)
    assert found.problems == ()
    assert found.waivers


def check_pipeline(_path: str, text: str) -> None:
    assert read_pipeline(text.encode(), ("staging", "production"))


def check_notification(_path: str, text: str) -> None:
    message = Notification(
        at=1.5, environment="staging", kind=EventKind.DEGRADED, message="m", revision="r"
    )
    document = json.loads(body(message, MessageFormat.JSON, repository="shop"))
    assert list(misfits(parse_shape(text), document)) == []


def check_laboratory(_path: str, text: str) -> None:
    assert list(misfits(parse_shape(text), {"schema": 1, **lab_json(report())})) == []


CHECKS: dict[str, Callable[[str, str], None]] = {
    ".git/sandbox/notify.yaml": check_webhooks,
    ".git/sandbox/policy.yaml": check_waivers,
    "environments/pipeline.yaml": check_pipeline,
    "notification": check_notification,
    "laboratory": check_laboratory,
}


@pytest.mark.parametrize(("page", "block"), LOADED, ids=IDS)
def test_what_a_page_says_to_write_is_read_and_what_it_says_is_written_is(
    page: str, block: Block
) -> None:
    what = block.note("load")
    check = CHECKS.get(what, check_environment)
    assert check is not check_environment or what.endswith("/compose.yaml"), page

    check(what, block.text)
