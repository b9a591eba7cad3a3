"""What the files warn of is in every answer about the commit that has them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.runtime.preview import preview_plan
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import STAGING, QuickGround, quick_ground

WARNED = f"{{db: {{image: {BASE_IMAGE}, user: $WHO}}}}"
WARNING = f"{STAGING}:3: the variable WHO is not set; it reads as empty"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path, FakeEngine()) as made:
        yield made


def test_plan_sync_and_status_have_the_warnings_of_the_commit(ground: QuickGround) -> None:
    ground.commit(WARNED)

    preview = preview_plan(ground.workspace, "staging")
    record = ground.sync()
    status = ground.status()

    for found in (preview.desired.warnings, record.warnings, status.warnings):
        assert [each.startswith(WARNING) for each in found] == [True]
    assert ground.workspace.journal.syncs("staging")[0].warnings == record.warnings


def test_a_commit_that_mends_them_ends_them(ground: QuickGround) -> None:
    ground.commit(WARNED)
    ground.sync()
    ground.commit(WARNED.replace("$WHO", "nobody"))

    assert ground.status().warnings == ()
    assert ground.sync().warnings == ()
