"""
A job that ended well is done, whatever becomes of the sync that ran it.
"""

from dataclasses import replace

from sandbox.model.service import Condition, Dependency
from sandbox.planning.jobs import job_hashes
from tests.builders import a_desired_state, a_service
from tests.fakes.engine_objects import Behaviour
from tests.owned_ground import DB, Ground


def test_a_job_is_done_although_what_waits_for_it_fails() -> None:
    ground = Ground()
    done = Dependency(service_name="migrate", condition=Condition.COMPLETED)
    migrate = replace(a_service("migrate"), image=DB)
    ground.desired = a_desired_state(migrate, a_service("web", depends_on=[done]))
    ground.engine.behaviours = {"migrate": Behaviour(exit_code=0), "web": Behaviour(exit_code=1)}

    ground.sync()

    assert ground.container("web").exit_code == 1
    assert ground.journal.jobs_done("staging") == job_hashes(ground.desired, ground.owner)
