"""
What every test gets: a Git without this machine's settings, and a Hypothesis of equal runs.
"""

import signal
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import settings

from sandbox.secrecy import vault

# A slow machine is not a failed property, and a red run has to be red again.
settings.register_profile("sandbox", deadline=None, derandomize=True, database=None)
settings.load_profile("sandbox")

LONGEST = ("scenarios/test_rollout_crash.py", "pages/test_on_engine.py")

GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A Developer",
    "GIT_AUTHOR_EMAIL": "developer@example.org",
    "GIT_COMMITTER_NAME": "A Developer",
    "GIT_COMMITTER_EMAIL": "developer@example.org",
}


@pytest.fixture(scope="session", autouse=True)
def _git_is_that_of_nobody() -> Iterator[None]:
    """
    Keep the developer's own Git settings (hooks, signing, default branch) out of every test.
    """
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            patch.delenv(variable, raising=False)
        for variable, value in GIT_ENVIRONMENT.items():
            patch.setenv(variable, value)
        yield


@pytest.fixture(autouse=True)
def _no_test_knows_the_secrets_of_another() -> None:
    """
    Forget what earlier tests of this process have taught it to hide.
    """
    vault.forget_all()


@pytest.fixture(scope="session", autouse=True)
def _state_is_that_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """
    Keep what the tests' repositories are called out of the developer's own state folder.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _programs_hear_ctrl_c() -> None:
    """
    Undo what a shell does to what it starts in the background: programs of the tests inherit it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Begin with what takes longest, and mix what is heavy with what mostly waits.
    """
    items.sort(key=lambda item: _turn(item.nodeid.partition("::")[0]))


def _turn(module: str) -> tuple[bool, bool, int]:
    scenario = "/scenarios/" in module
    number = zlib.crc32(module.encode()) if scenario else 0
    return not module.endswith(LONGEST), not scenario, number
