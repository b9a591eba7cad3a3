import subprocess
import sys
from pathlib import Path

from sandbox.adapters.controller_log import FILES_MAX, ControllerLog

SIZE_MAX = 2000

WRITE = """
import sys
from sandbox.adapters.controller_log import ControllerLog
log = ControllerLog(sys.argv[1], size_max=2000)
for number in range(500):
    print(f"line {number}", flush=True)
    sys.stderr.write(f"error {number}\\n")
    log.rotate()
"""


def write(folder: Path, output: Path) -> None:
    with output.open("ab") as opened:
        program = [sys.executable, "-c", WRITE, str(folder)]
        subprocess.run(program, stdout=opened, stderr=opened, check=True)


def test_a_log_stays_within_its_bounds_and_loses_the_oldest_lines_only(tmp_path: Path) -> None:
    write(tmp_path, tmp_path / "controller.log")

    names = ["controller.log", *(f"controller.log.{n}" for n in range(1, FILES_MAX))]
    assert sorted(each.name for each in tmp_path.iterdir()) == names
    assert all((tmp_path / name).stat().st_size <= SIZE_MAX + 100 for name in names)
    lines = "".join((tmp_path / name).read_text() for name in reversed(names)).splitlines()
    assert lines[-2:] == ["line 499", "error 499"]
    assert lines == [f"{w} {n}" for n in range(500) for w in ("line", "error")][-len(lines) :]
    assert (tmp_path / "controller.log").stat().st_mode & 0o777 == 0o600


def test_what_goes_elsewhere_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "controller.log").write_bytes(b"x" * SIZE_MAX * 2)
    write(tmp_path, tmp_path / "mine")

    assert sorted(each.name for each in tmp_path.iterdir()) == ["controller.log", "mine"]


def test_a_log_that_is_gone_hurts_nobody(tmp_path: Path) -> None:
    ControllerLog(str(tmp_path / "gone")).rotate()

    assert list(tmp_path.iterdir()) == []
