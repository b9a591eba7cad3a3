"""
The container of an ingress, as far as it can be judged without an engine.
"""

import subprocess
from pathlib import Path

import pytest

from sandbox.model.ingress import IngressConfig
from sandbox.planning.haproxy import config_hash, render
from sandbox.planning.ingress_image import CONSOLE, ingress_service
from tests.planning.test_haproxy import CONFIG

FILES = {each.target: each for each in ingress_service("ingress").files}
SCRIPTS = sorted(target for target in FILES if target.startswith("/usr/local/bin/"))


@pytest.mark.parametrize("target", SCRIPTS)
def test_a_script_is_one_that_the_shell_understands(target: str) -> None:
    done = subprocess.run(["sh", "-n"], input=FILES[target].content, check=False)
    assert done.returncode == 0
    assert FILES[target].mode & 0o111


@pytest.mark.parametrize("config", [IngressConfig(), CONFIG], ids=["empty", "full"])
def test_the_container_sums_a_file_up_as_we_do(config: IngressConfig, tmp_path: Path) -> None:
    script, file = tmp_path / "sum", tmp_path / "current.cfg"
    script.write_bytes(FILES["/usr/local/bin/ingress-sum"].content)
    file.write_text(render(config))
    done = subprocess.run(["sh", script, file], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == config_hash(config)


def test_it_starts_without_a_word_from_anybody() -> None:
    assert FILES["/etc/ingress/empty.cfg"].content.decode() == render(IngressConfig())


def test_it_may_do_nothing_but_listen() -> None:
    service = ingress_service("ingress")
    assert service.cap_drop == ("ALL",)
    assert service.cap_add == ()
    assert "no-new-privileges:true" in service.security_opt
    assert service.build is not None
    assert "\nUSER haproxy\n" in service.build.dockerfile_inline
    assert (service.mounts, service.privileged, service.ports) == ((), False, ())


def test_everything_that_is_run_in_it_is_there() -> None:
    service = ingress_service("ingress")
    assert service.entrypoint is not None
    assert service.healthcheck is not None
    assert {*service.entrypoint, *CONSOLE, service.healthcheck.test[1]} <= FILES.keys()
