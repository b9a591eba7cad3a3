"""The pages that need no engine, carried out in shops that `sandbox init` made."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.pages.carrying_out import Carrying
from tests.pages.page import Page, all_pages
from tests.pages.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGES = [page for page in all_pages() if page.start == "shop"]


@pytest.mark.parametrize("page", PAGES, ids=[page.path for page in PAGES])
def test_the_page_is_true(page: Page, tmp_path: Path) -> None:
    program = shutil.which("sandbox", path=str(Path(sys.executable).parent))
    assert program
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/no-engine"}
    stage = Stage(top=tmp_path, programs=Path(program).parent, ports={}, extra=nowhere)

    folder = stage.make_shop(up=False)

    assert Carrying(page=page, stage=stage, folder=folder).run() == []
