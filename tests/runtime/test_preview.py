"""A plan says where the environment's own name leads, before and after."""

from dataclasses import replace
from pathlib import Path

from sandbox.model.forecast import NameMove
from sandbox.runtime.preview import preview_plan
from tests.quick_ground import WEB, quick_ground


def test_a_second_http_service_that_takes_over_the_name_is_told(tmp_path: Path) -> None:
    with quick_ground(tmp_path) as ground:
        workspace = replace(ground.workspace, edge_port=8080)
        ground.commit(f"{{web: {WEB}}}")
        assert preview_plan(workspace, "staging").forecast.name_move is None
        ground.sync()

        ground.commit(f"{{web: {WEB}, api: {WEB}}}")

        moved = NameMove(host="staging.localhost", before="web", after="api")
        assert preview_plan(workspace, "staging").forecast.name_move == moved
        without_edge = replace(workspace, edge_port=0)
        assert preview_plan(without_edge, "staging").forecast.name_move is None
        ground.sync()
        assert preview_plan(workspace, "staging").forecast.name_move is None
        ground.commit(f"{{web: {WEB}, api: {WEB}, web2: {WEB}}}")
        assert preview_plan(workspace, "staging").forecast.name_move is None
