"""
Logs as JSON lines on stdout, one event a line.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import override


class JsonLines(logging.Formatter):
    """
    One record, one line; what a caller passes as ``extra={"facts": {...}}`` becomes fields.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    @override
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "service": self.service,
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def start_logging(service: str) -> logging.Logger:
    """
    Send everything to stdout as JSON lines and give the shop's own logger.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    # A pool that reconnects is no news; the requests that fail say so themselves.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    logger = logging.getLogger("shop")
    logger.setLevel(logging.INFO)
    return logger


def facts(**fields: object) -> dict[str, dict[str, object]]:
    """
    Wrap *fields* for the ``extra`` argument of a logger.
    """
    return {"facts": fields}
