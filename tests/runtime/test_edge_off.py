"""With the edge turned off, a sync makes nothing for it, and takes nothing away either."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.observed import Owner
from sandbox.model.record import Outcome
from sandbox.model.status import SyncStatus
from sandbox.planning.edge import edge_network
from sandbox.planning.names import network_name
from sandbox.runtime.control import LocalControl
from tests.quick_ground import WEB, QuickGround, quick_ground

if TYPE_CHECKING:
    from pathlib import Path

PORT = 18080


def has_network(ground: QuickGround) -> bool:
    instance = ground.workspace.repository.instance
    owner = Owner(instance=instance, application="shop", environment="staging")
    name = network_name(owner, edge_network())
    return name in {each.name for each in ground.engine.networks.values()}


def test_no_network_is_made_while_it_is_off_and_one_that_is_there_stays(tmp_path: Path) -> None:
    with quick_ground(tmp_path / "shop") as ground:
        ground.commit(f"{{web: {WEB}}}")
        assert ground.workspace.edge_port == 0
        assert ground.sync().outcome is Outcome.SUCCEEDED
        assert not has_network(ground)
        assert ground.status().sync is SyncStatus.SYNCED

        on = LocalControl(replace(ground.workspace, edge_port=PORT))
        assert on.sync("staging", ground.told.append).outcome is Outcome.SUCCEEDED
        assert has_network(ground)

        assert ground.sync().steps == (), "turning it off replaces no ingress"
        assert has_network(ground)
        assert ground.status().sync is SyncStatus.SYNCED
