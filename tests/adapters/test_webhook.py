"""
Webhooks over real HTTP: what is sent, what a refusal is, and that no address is shown.
"""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.adapters import webhook as module
from sandbox.adapters.webhook import HttpWebhooks
from sandbox.errors import DeliveryError, one_line
from sandbox.model.notification import Webhook
from tests.webhook_server import Receiver, receiver

SECRET = "T0P-S3CRET"


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def webhooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HttpWebhooks:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return HttpWebhooks(str(tmp_path))


def refused(webhooks: HttpWebhooks, url: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        webhooks.post(Webhook(url=url, place="notify.yaml:2"), "{}")
    error = caught.value
    assert SECRET not in one_line(error)
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    return error


def test_a_message_arrives_as_it_was_written_and_no_log_has_the_address(
    webhooks: HttpWebhooks, server: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    webhooks.post(Webhook(url=server.url), '{"text": "\N{LARGE RED CIRCLE} no"}')
    assert server.bodies == [{"text": "\N{LARGE RED CIRCLE} no"}]
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("status", "temporary"),
    [(400, False), (404, False), (301, False), (307, False), (429, True), (500, True), (503, True)],
)
def test_a_refusal_names_host_status_and_place_and_whether_to_try_again(
    webhooks: HttpWebhooks, server: Receiver, status: int, temporary: bool
) -> None:
    server.statuses.append(status)
    error = refused(webhooks, server.url)
    assert error.temporary is temporary
    assert error.message == f"127.0.0.1 answered with status {status}"
    assert "notify.yaml:2" in error.remedy
    # A redirect is not followed.
    assert server.bodies == []


def test_nobody_at_the_address_is_told_at_once_and_may_be_tried_again(
    webhooks: HttpWebhooks,
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = refused(webhooks, f"http://127.0.0.1:{port}/{SECRET}")
    assert error.temporary
    assert "127.0.0.1 cannot be reached" in error.message


def test_a_server_that_does_not_answer_is_waited_for_some_seconds_at_most(
    webhooks: HttpWebhooks, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.TIMEOUT_S <= 5
    monkeypatch.setattr(module, "TIMEOUT_S", 0.2)
    server.silent = True
    error = refused(webhooks, server.url)
    assert (error.message, error.temporary) == ("127.0.0.1 did not answer within 0.2 s", True)


def test_the_file_is_read_anew_each_time(webhooks: HttpWebhooks, tmp_path: Path) -> None:
    file = tmp_path / "notify.yaml"
    assert webhooks.read().webhooks == ()
    assert not file.exists()
    file.write_text("webhooks: [{url: http://a.example}]")
    assert [each.host for each in webhooks.read().webhooks] == ["a.example"]
    file.write_text("webhooks: [{url: http://b.example}]")
    assert [each.host for each in webhooks.read().webhooks] == ["b.example"]


def test_a_file_that_cannot_be_read_is_a_problem_with_its_place(
    webhooks: HttpWebhooks, tmp_path: Path
) -> None:
    (tmp_path / "notify.yaml").mkdir()
    (problem,) = webhooks.read().problems
    assert problem.startswith(f"{tmp_path}/notify.yaml: it cannot be read")
