"""
The file that says where messages go: what is read, and that no problem shows an address.
"""

import pytest

from sandbox.compose.webhook_file import read_webhooks
from sandbox.model.event import EventKind
from sandbox.model.notification import USUAL, MessageFormat, Webhook, WebhookFile

SECRET = "T0P-S3CRET"
URL = f"https://user:{SECRET}@hooks.example.org:8443/services/{SECRET}?token={SECRET}"


def test_a_webhook_says_where_whose_and_what() -> None:
    text = (
        "webhooks:\n"
        f"  - {{url: '{URL}', format: chat, environments: [production], on: [degraded, drift]}}\n"
        "  - url: http://127.0.0.1/x\n"
    )
    assert read_webhooks(text.encode(), "notify.yaml").webhooks == (
        Webhook(
            url=URL,
            format=MessageFormat.CHAT,
            environments=("production",),
            on=frozenset({EventKind.DEGRADED, EventKind.DRIFT}),
            place="notify.yaml:2",
            named=(("production", "notify.yaml:2"),),
        ),
        Webhook(url="http://127.0.0.1/x", on=USUAL, place="notify.yaml:3"),
    )


@pytest.mark.parametrize("content", [None, b"", b"# none\n", b"webhooks:\n", b"webhooks: []\n"])
def test_a_file_that_says_nothing_sends_nothing(content: bytes | None) -> None:
    assert read_webhooks(content, "notify.yaml") == WebhookFile(path="notify.yaml")


def test_of_an_address_only_the_host_can_be_shown() -> None:
    webhook = Webhook(url=URL)
    assert webhook.host == "hooks.example.org"
    assert SECRET not in repr(webhook)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (f"{{url: 'ftp://x/{SECRET}'}}", "2:11: webhooks[0].url: an address that begins with"),
        (f"{{url: 'https:/{SECRET}'}}", "an address that begins with https:// is expected"),
        (f"{{url: 'https://h/a b{SECRET}'}}", "an address that begins with"),
        (f"{{url: [{SECRET}]}}", "an address that begins with"),
        ("{format: chat}", "webhooks[0].url: an address that begins with"),
        (f"{{url: '{URL}', fromat: chat}}", "unknown key 'fromat'; did you mean 'format'?"),
        (f"{{url: '{URL}', format: slack}}", "there is no 'slack' here (known: json, chat)"),
        (f"{{url: '{URL}', on: [degrade]}}", "there is no 'degrade' here; did you mean 'degraded'"),
        (f"{{url: '{URL}', on: [output]}}", "there is no 'output' here"),
        (f"{{url: '{URL}', on: []}}", "a list of words is expected (for all of them leave on out)"),
        (f"{{url: '{URL}', environments: []}}", "a list of words is expected"),
        (f"{{url: '{URL}', environments: [{{a: b}}]}}", "a word is expected"),
        (SECRET, "a webhook has the keys url, format, environments, on"),
        (f"{{url: '{URL}'", "this is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place_sends_nothing_and_shows_no_address(
    entry: str, problem: str
) -> None:
    good = "  - url: https://good.example\n"
    file = read_webhooks(f"webhooks:\n  - {entry}\n{good}".encode(), "notify.yaml")
    assert file.webhooks == ()
    assert any(problem in each for each in file.problems), file.problems
    assert all(each.startswith("notify.yaml:") for each in file.problems)
    assert SECRET not in "".join(file.problems)
