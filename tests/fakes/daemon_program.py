"""
A program that starts like an engine's daemon: prints to its log, then serves a socket, or fails.

usage: daemon_program.py MODE SOCKET OWN_PID_FILE        MODE: serve, fail, sleep
"""

import os
import socket
import sys
import threading
from pathlib import Path


def tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> int:
    mode, address, own_pid = sys.argv[1:4]
    tell("level=info msg=starting")
    if mode == "fail":
        tell("level=fatal msg='iptables not found'")
        return 1
    if Path(own_pid).exists():
        tell(f"level=fatal msg='{own_pid} exists'")
        return 1
    Path(own_pid).write_text(str(os.getpid()))
    if mode == "sleep":
        threading.Event().wait(60)
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(30)
        server.bind(address)
        server.listen()
        while True:
            connection, _ = server.accept()
            connection.close()


if __name__ == "__main__":
    sys.exit(main())
