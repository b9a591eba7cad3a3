"""
Anonymous volumes, from the commit down to the engine: who mounts them, and when they go.
"""

import pytest

from sandbox.errors import EngineError
from tests.fakes.engine_objects import Fault
from tests.owned_ground import DB, WEB, Ground, changed

HEX, OTHER_HEX = "ab" * 32, "cd" * 32


def a_ground() -> Ground:
    """
    The image of ``web`` declares a volume, and that of ``db`` one where the file mounts another.
    """
    ground = Ground()
    ground.engine.images[WEB].volumes = ("/image",)
    ground.engine.images[DB].volumes = ("/data",)
    ground.sync()
    return ground


def made_by_an_older_version() -> Ground:
    """
    The engine named the volume of the image, and no label leads to it.
    """
    ground = Ground()
    ground.sync()
    ground.engine.images[WEB].volumes = ("/image",)
    ground.container("web").nameless = {"/image": HEX}
    ground.engine.volumes |= {HEX: {}, OTHER_HEX: {}}
    ground.foreign.append(OTHER_HEX)
    return ground


def remove_by_hand(ground: Ground) -> None:
    del ground.engine.containers[ground.container("web").id]


def test_a_volume_of_the_image_is_ours_and_every_container_of_the_place_mounts_it() -> None:
    ground = a_ground()
    (name,) = ground.container("web").volumes.values()
    assert name in {each.name for each in ground.look().volumes}
    assert len(ground.container("db").volumes) == 1
    ground.sync(changed(ground))
    assert ground.container("web").volumes == {"/image": name}
    remove_by_hand(ground)
    ground.sync()
    assert ground.container("web").volumes == {"/image": name}
    assert ground.sync().steps == ()
    ground.down()
    assert ground.left() == []


def test_what_an_older_version_left_to_the_engine_survives_every_removal() -> None:
    ground = made_by_an_older_version()
    ground.sync(changed(ground))
    assert ground.container("web").volumes == {"/image": HEX}
    remove_by_hand(ground)
    ground.sync()
    assert ground.container("web").volumes == {"/image": HEX}
    assert ground.sync().steps == ()


def test_of_what_the_engine_named_only_what_is_ours_can_be_deleted() -> None:
    ground = made_by_an_older_version()
    ground.sync()
    with pytest.raises(EngineError, match="not proven to be ours"):
        ground.owned.remove_volume(OTHER_HEX)
    ground.down()
    assert ground.left() == []
    assert OTHER_HEX in ground.engine.volumes


def test_a_create_that_is_tried_again_makes_its_volume_once() -> None:
    ground = Ground()
    ground.engine.images[WEB].volumes = ("/image",)
    refused = EngineError("busy", temporary=True)
    ground.engine.faults = [Fault(method="create_container", error=refused, times=2)]
    ground.sync()
    assert list(ground.container("web").volumes) == ["/image"]
