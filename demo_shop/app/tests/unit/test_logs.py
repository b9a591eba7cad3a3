import json
import logging
import sys

from shop.logs import JsonLines, facts


def record(message: str, **extra: object) -> logging.LogRecord:
    logger = logging.getLogger("shop.test")
    return logger.makeRecord("shop", logging.INFO, __file__, 1, message, (), None, extra=extra)


def test_an_event_is_one_line_of_json_with_its_facts() -> None:
    line = JsonLines("web").format(record("two\nlines", **facts(status=200, path="/ä")))

    assert "\n" not in line
    read = json.loads(line)
    assert (read["event"], read["service"], read["status"], read["path"]) == (
        "two\nlines",
        "web",
        200,
        "/ä",
    )
    assert read["at"].endswith("Z")


def test_a_traceback_stays_in_its_line() -> None:
    try:
        raise ValueError("boom")  # noqa: TRY301 - the error is the test's input
    except ValueError:
        noted = record("broken")
        noted.exc_info = sys.exc_info()

    assert "boom" in json.loads(JsonLines("web").format(noted))["exception"]
