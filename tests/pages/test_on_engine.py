"""README.md and `docs/`, typed in a shop of `sandbox init` from the built wheel, on an engine."""

import re
from collections.abc import Iterator

import pytest

from tests.pages.carrying_out import Carrying
from tests.pages.page import Page, all_pages
from tests.pages.stage import Shell, Stage
from tests.wheel import install_wheel_only, template_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

_ORDER = {"nothing": 0, "running shop": 1, "last of all": 2, "removed shop": 3}
PAGES = sorted(
    (page for page in all_pages() if page.start in _ORDER), key=lambda page: _ORDER[page.start]
)
TASKS = ("canary", "edge-port", "environment", "gate", "machine")
LONG = {f"docs/tasks/{name}.md" for name in TASKS}
"""Pages of one task each, which `make long` types."""

WAIT = """\
sandbox wait staging --revision main --healthy & other=$!
sandbox wait production --revision main --healthy && wait $other"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A user with the wheel, whose template publishes free ports."""
    top = tmp_path_factory.mktemp("pages")
    installed = install_wheel_only(tmp_path_factory.mktemp("wheel"))
    stage = Stage(top=top, programs=installed / "bin")
    for file in template_of(installed).glob("environments/*/.env"):
        text = file.read_text()
        file.write_text(
            re.sub(r"(?m)^WEB_PORT=(\d+)$", lambda m: f"WEB_PORT={stage.ports[m[1]]}", text)
        )
    try:
        yield stage
    finally:
        stage.clean_up()


@pytest.fixture(scope="module")
def shop(stage: Stage) -> Iterator[Shell]:
    """A shell in the shop that all pages share, which is up."""
    folder = stage.top / "shop"
    if not folder.exists():  # the README makes it, and leaves it running
        stage.make_shop(up=True)
    with Shell(stage, folder) as shell:
        yield shell


def begin_again(shell: Shell) -> None:
    """Put the shop back to where `sandbox init` left it, with both environments healthy."""
    succeed(shell, "git reset -q --hard && git clean -qfd && git switch -q main")
    moved = shell.run('test "$(git rev-parse main)" = "$(git rev-list --reverse main | sed -n 2p)"')
    succeed(shell, "git reset -q --hard $(git rev-list --reverse main | sed -n 2p)")
    # When the branch did not move, one look is enough, and quicker than two waits.
    if moved.status or shell.run("sandbox status --exit-code").status:
        succeed(shell, WAIT)


def succeed(shell: Shell, command: str) -> None:
    """Run *command*, which has to end with 0."""
    ended = shell.run(command)
    assert ended.status == 0, "\n".join((command, *ended.lines))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.path, marks=[pytest.mark.long] if page.path in LONG else [])
        for page in PAGES
    ],
)
def test_the_page_is_true(page: Page, stage: Stage, request: pytest.FixtureRequest) -> None:
    folder = stage.top
    if page.start != "nothing":
        shell = request.getfixturevalue("shop")
        folder = stage.top / "shop"
        if page.start in {"running shop", "last of all"}:
            begin_again(shell)

    problems = Carrying(page=page, stage=stage, folder=folder).run()

    assert not problems, "\n".join(problems)
