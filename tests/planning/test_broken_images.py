from dataclasses import replace

from sandbox.model.plan import HoldReason, SyncPolicy
from sandbox.planning.plan import plan_sync
from tests.builders import a_build, a_desired_state, a_running_state, a_service, waits_for

IMAGE = "shop/extra:00112233445566aa"
BUILT = a_service("extra", build=a_build(), image=IMAGE)
BROKEN = SyncPolicy(broken_images={IMAGE: "cannot build it"})


def test_while_an_image_cannot_be_built_nothing_stops_for_the_rest_of_its_commit() -> None:
    running = a_running_state(a_desired_state(a_service("db"), a_service("web"), a_service("old")))
    web = a_service("web", environment={"HEADLINE": "Hi"}, depends_on=[waits_for("extra")])
    web = replace(web, depends_on=tuple(replace(each, required=False) for each in web.depends_on))
    wanted = a_desired_state(a_service("db"), web, BUILT)

    mended = plan_sync(wanted, running, SyncPolicy())
    broken = plan_sync(wanted, running, BROKEN)

    assert {"stop web-1 (old)", "start web-1", "remove old-1"} <= {each.id for each in mended.steps}
    assert [each.id for each in broken.steps] == ["create web-1"]
    assert [(each.target, each.reason) for each in broken.holds] == [
        ("extra-1", HoldReason.IMAGE_BROKEN)
    ]


def test_while_an_image_cannot_be_built_what_fell_over_is_still_put_up() -> None:
    wanted = a_desired_state(a_service("db"), a_service("web"), BUILT)
    running = a_running_state(a_desired_state(a_service("db"), a_service("web")))
    without_web = replace(
        running, containers=tuple(each for each in running.containers if "web" not in each.name)
    )

    broken = plan_sync(wanted, without_web, BROKEN)

    assert [each.id for each in broken.steps] == ["create web-1", "start web-1", "await web-1"]
