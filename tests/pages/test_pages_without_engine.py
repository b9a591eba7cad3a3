"""The pages that need no engine, carried out in shops that the built wheel made."""

from pathlib import Path

import pytest

from tests.pages.carrying_out import Carrying
from tests.pages.page import Page, all_pages
from tests.pages.stage import Stage
from tests.wheel import install_wheel_only

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGES = [page for page in all_pages() if page.start == "shop"]


@pytest.mark.parametrize("page", PAGES, ids=[page.path for page in PAGES])
def test_the_page_is_true(page: Page, tmp_path: Path) -> None:
    programs = install_wheel_only(tmp_path / "wheel") / "bin"
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/no-engine"}
    stage = Stage(top=tmp_path, programs=programs, ports={}, extra=nowhere)

    folder = stage.make_shop(up=False)

    assert Carrying(page=page, stage=stage, folder=folder).run() == []
