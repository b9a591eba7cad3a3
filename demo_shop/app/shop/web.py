"""
The web server ``python3 -m shop.web``.

On SIGTERM it takes no new connections, answers what is in flight and is gone; after 5 s anyway.
"""

import gc
import os
import signal
import sys
import threading
from types import FrameType
from typing import override

import pydantic
import uvicorn

from shop.logs import start_logging
from shop.settings import Settings

# As long as the slowest statement may take; both within the stop_grace_period of the service.
DRAIN_S = 5
GONE_S = 5.5


class Server(uvicorn.Server):
    """
    Uvicorn with an end that does not depend on anybody.
    """

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """
        Begin to drain; whatever still hangs after ``GONE_S`` is cut off.
        """
        deadline = threading.Timer(GONE_S, leave)
        deadline.daemon = True
        deadline.start()
        super().handle_exit(sig, frame)


def main() -> None:
    """
    Serve until told to stop.
    """
    settings = Settings.read()
    log = start_logging("web")
    # Also the handler that uvicorn hands the signal back to when it has drained. As process 1 of a
    # container there is no default one.
    signal.signal(signal.SIGTERM, lambda *_: leave())
    app = quickly_imported()(settings)
    config = uvicorn.Config(
        app,
        host="0.0.0.0",
        port=settings.port,
        loop="asyncio",
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    log.info("serving on port %d", settings.port)
    Server(config).run()
    leave()


def quickly_imported():
    """
    Import the application in a fourth less time, for a start is a second in which nobody can buy.

    FastAPI describes OpenAPI in dozens of pydantic models, whose validators it rarely needs: build
    them at first use. Nothing is garbage while modules load: collect later, and not these.
    """
    gc.disable()
    pydantic.BaseModel.model_config = pydantic.ConfigDict(defer_build=True)
    from shop.app import create_app  # noqa: PLC0415 - after the two lines above

    gc.freeze()
    gc.enable()
    return create_app


def leave() -> None:
    """
    End the process now; threads that wait for a lost database must not hold it up.
    """
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
