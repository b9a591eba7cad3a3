"""What the files warn of is in every answer about the commit that has them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.runtime.preview import preview_plan
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import STAGING, WEB, QuickGround, quick_ground

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

    for found in (preview.warnings, record.warnings, status.warnings):
        assert [each.startswith(WARNING) for each in found] == [True]
    assert ground.workspace.journal.syncs("staging")[0].warnings == record.warnings


def test_a_commit_that_mends_them_ends_them(ground: QuickGround) -> None:
    ground.commit(WARNED)
    ground.sync()
    ground.commit(WARNED.replace("$WHO", "nobody"))

    assert ground.status().warnings == ()
    assert ground.sync().warnings == ()


GATE = f"{{image: {BASE_IMAGE}, x-sandbox: {{gate: after}}, profiles: [gate]}}"
TWO = f"{{web: {{image: {BASE_IMAGE}, ports: ['80']}}, smoke: {GATE}}}"
OTHER = f"""\
x-sandbox: {{}}
services:
  db: {{image: {BASE_IMAGE}}}
  tool: {{image: x:1, profiles: [p]}}
"""


def machine_file(ground: QuickGround, name: str, text: str) -> str:
    folder = Path(ground.workspace.repository.state_folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.mark.parametrize(
    ("entry", "warning"),
    [
        ("environment: stagin, service: web", "there is no environment 'stagin'; did you mean 's"),
        ("environment: staging, service: wbe", "staging has no service 'wbe'; did you mean 'web'?"),
        ("environment: staging, service: smok", "staging has no service 'smok'; did you mean 'smo"),
        ("environment: staging, network: fron", "staging has no network 'fron'"),
        ("environment: staging, volume: data", "staging has no volume 'data'"),
        ("environment: '*', service: dbb", "no environment has a service 'dbb'"),
        ("environment: staging, service: web", ""),
        ("environment: staging, service: smoke", ""),
        ("environment: '*', service: db", ""),
        ("environment: '*', service: tool", ""),
        ("environment: production, service: tool", ""),
        ("environment: staging, service: '*'", ""),
        ("environment: staging, service: sandbox-ingress", ""),
        ("environment: /edge, service: sandbox-edge", ""),
        ("environment: staging, network: default", ""),
    ],
)
def test_a_waiver_for_a_name_that_is_nowhere_is_warned_of(
    ground: QuickGround, entry: str, warning: str
) -> None:
    ground.disk.write("environments/production/compose.yaml", OTHER)
    ground.disk.git("add", "--all")
    ground.commit(TWO)
    key = "devices" if "service" in entry else "external" if "network" in entry else "driver"
    path = machine_file(
        ground, "policy.yaml", f"allow:\n- {{{entry}, key: {key}, reason: because}}\n"
    )

    found = preview_plan(ground.workspace, "staging").warnings
    found = tuple(each for each in found if each.startswith(path))

    assert (len(found) == 1) is bool(warning), found
    assert all(each.startswith(f"{path}:2: {warning}") for each in found)
    status = ground.status().warnings
    assert tuple(each for each in status if each.startswith(path)) == found


def test_a_webhook_for_an_environment_that_there_is_not_is_warned_of_by_every_answer(
    ground: QuickGround,
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    path = machine_file(
        ground,
        "notify.yaml",
        "webhooks:\n- url: http://127.0.0.1:1/x\n  environments:\n  - staging\n  - stging\n",
    )
    expected = f"{path}:5: there is no environment 'stging'; did you mean 'staging'?"

    assert preview_plan(ground.workspace, "staging").warnings == (expected,)
    assert ground.sync().warnings == (expected,)
    assert ground.status().warnings == (expected,)

    Path(path).unlink()
    assert ground.status().warnings == ()
