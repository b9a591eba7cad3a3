"""What a process in a container sees of its mounts, and what it may do to them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOK = r"""
look() {
    find "$1" \( -type d -printf 'd %m %U:%G %p\0' -o -type l -printf 'l %m %U:%G %p -> %l\0' \
        -o -printf '%y %m %U:%G %s %p\0' \) 2>&1 | sort -z | tr '\0\n' '\n?'
    find "$1" -type f -print0 | sort -z | xargs -0 -r sha256sum -z 2>&1 | tr '\0\n' '\n?'
}
attempt() {
    if ( "$@" ) >/dev/null 2>&1; then echo "can $*"; else echo "cannot $*"; fi
}
put() { echo more >>"$1"; }
act() {
    if [ -d "$1" ]; then
        attempt put "$1/written"
        attempt mkdir "$1/made"
        attempt ln -s written "$1/linked"
        first=$(find "$1" -xdev -mindepth 1 -type f ! -name '*
*' | LC_ALL=C sort | head -n 1)
    else
        first=$1
    fi
    attempt put "$first"
    attempt chmod 600 "$first"
    attempt touch "$first"
    attempt rm -f "$first"
    attempt rmdir "$1"
    attempt mv "$1" "$1.moved"
}
for target in "$@"; do echo "== $target"; look "$target"; done
for target in "$@"; do echo "== act $target"; act "$target"; done
for target in "$@"; do echo "== again $target"; look "$target"; done
"""


def seen(container: str, targets: Sequence[str]) -> str:
    """Say what the process sees at *targets*, what it may do there, and what it sees then."""
    finished = subprocess.run(
        ["docker", "exec", "-i", "-e", "LC_ALL=C.UTF-8", container, "sh", "-s", "--", *targets],
        input=_LOOK.encode(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    return (finished.stdout + finished.stderr).decode(errors="replace")
