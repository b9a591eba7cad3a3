"""
A hundred secrets planted by twenty routes, and every place that something is written to.
"""

from __future__ import annotations

import base64
import json
import random
import string
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import docker.errors
import pytest

from tests.playground import engine, playground, until
from tests.webhook_server import receiver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.playground import Playground
    from tests.webhook_server import Receiver

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

EACH = 5
ROUTES = (
    *(
        "environment",
        "env_file",
        "interpolation",
        "random",
        "url",
        "argument",
        "option",
        "entrypoint",
    ),
    *("healthcheck", "label", "build", "config", "file", "file_of_variable", "post_start"),
    *("pre_stop", "gate", "logging", "extension", "broken"),
)
PRINT = (
    'all() { env; cat /run/secrets/* /app.conf; for each; do echo "$each"; done; }; all "$@";'
    ' all "$@" | od -An -v -tx1 | tr -d \' \\n\'; echo; all "$@" | base64 -w0; echo;'
    ' echo "cannot log in to $URL_0 with $DB_PASSWORD_0"'
).replace("$", "$$")
UP = "touch /tmp/ready; exec sleep 1d"
OURS = "dev.sandbox."


def secret(chance: random.Random, number: int) -> str:
    """Give one of several kinds, which nothing else in this test can be."""
    letters = string.ascii_letters + string.digits
    text = "".join(chance.choices(letters, k=12))
    return (
        text,
        f"horse-battery-{chance.randrange(10**6):06}",
        f"{text[:6]}!@%+=:~^{text[6:]}",
        f"{chance.getrandbits(96):024x}",
        f"pässwört{chance.randrange(10**6):06}",
    )[number % EACH]


def planted() -> dict[str, list[str]]:
    chance = random.Random(14)
    found = {route: [secret(chance, number) for number in range(EACH)] for route in ROUTES}
    found["random"] = [
        "".join(chance.choices(string.ascii_letters + "0123456789", k=32)) for _ in "12345"
    ]
    found["url"] = [quote(value, safe="") for value in found["url"]]
    assert len({value for values in found.values() for value in values}) == EACH * len(ROUTES)
    return found


def named(prefix: str, values: list[str]) -> dict[str, str]:
    return {f"{prefix}_{number}": value for number, value in enumerate(values)}


def options(name: str, values: list[str]) -> list[str]:
    return [word for number, value in enumerate(values) for word in (f"--{name}-{number}", value)]


def dotenv(values: Mapping[str, str]) -> str:
    return "".join(f"{name}='{value}'\n" for name, value in values.items())


def compose(secrets: Mapping[str, list[str]], then: str) -> str:
    """Give the file; what *web* does after it has printed everything is *then*."""
    web = {
        "build": {"context": "../../app", "args": named("API_TOKEN", secrets["build"])},
        "entrypoint": [
            "sh",
            "-c",
            f"{PRINT}; {then}",
            "sh",
            *options("api-key", secrets["entrypoint"]),
        ],
        "command": [
            *(f"--password-{number}={value}" for number, value in enumerate(secrets["argument"])),
            *options("token", secrets["option"]),
        ],
        "env_file": ["web.env"],
        "environment": {
            **named("DB_PASSWORD", secrets["environment"]),
            **{f"SESSION_KEY_{n}": f"${{SESSION_{n}}}" for n in range(EACH)},
            **named("PLACE", secrets["random"]),
            **{f"URL_{n}": f"amqp://app:{value}@mq/" for n, value in enumerate(secrets["url"])},
        },
        "healthcheck": {
            "test": ["CMD", "sh", "-c", "test -e /tmp/ready", "sh"]
            + [word for value in secrets["healthcheck"] for word in ("-u", f"admin:{value}")],
            "interval": "5s",
        },
        "labels": named("credential", secrets["label"]),
        "logging": {
            "driver": "json-file",
            "options": {"labels": ",".join(f"password={value}" for value in secrets["logging"])},
        },
        "configs": [{"source": "app", "target": "/app.conf"}],
        "secrets": ["app", *(f"var{number}" for number in range(EACH))],
        "post_start": [{"command": ["echo", *options("pin", secrets["post_start"])]}],
        "pre_stop": [{"command": ["echo", *options("pin", secrets["pre_stop"])]}],
        "stop_signal": "SIGKILL",
        "mem_limit": "64m",
    }
    gate = {
        "image": "debian:trixie-slim",
        "command": ["sh", "-c", 'echo "$$@"; env', "sh", *options("passphrase", secrets["gate"])],
        "environment": named("GATE_SECRET", secrets["gate"]),
        "profiles": ["gate"],
        "x-sandbox": {"gate": "before"},
    }
    return json.dumps(
        {
            "name": "vault",
            "x-sandbox": {"rollout": {"deadline": "20s"}},
            "x-notes": named("api_token", secrets["extension"]),
            "services": {"web": web, "units": gate},
            "configs": {"app": {"content": "\n".join(f"password={v}" for v in secrets["config"])}},
            "secrets": {
                "app": {"file": "./app.secret"},
                **{f"var{n}": {"environment": f"FILE_PASSWORD_{n}"} for n in range(EACH)},
            },
        },
        indent=1,
        ensure_ascii=False,
    )


def files(secrets: Mapping[str, list[str]], then: str) -> dict[str, str]:
    printed = " ".join(f"$API_TOKEN_{number}" for number in range(EACH))
    declared = "".join(f"ARG API_TOKEN_{number}\n" for number in range(EACH))
    return {
        "app/Dockerfile": f"FROM debian:trixie-slim\n{declared}RUN echo {printed} {then!r}\n",
        "environments/staging/compose.yaml": compose(secrets, then),
        "environments/staging/web.env": dotenv(named("SMTP_PASSWORD", secrets["env_file"])),
        "environments/staging/app.secret": "\n".join(secrets["file"]) + "\n",
        "environments/staging/.env": dotenv(named("SESSION", secrets["interpolation"]))
        + dotenv(named("FILE_PASSWORD", secrets["file_of_variable"])),
    }


def traces(value: str) -> list[bytes]:
    """In how many ways *value* may stand in a file; written without the code under test."""
    raw = value.encode()
    padded = [base64.b64encode(bytes(n) + raw).rstrip(b"=") for n in range(3)]
    cores = [text[(0, 2, 3)[n] : len(text) - 1] for n, text in enumerate(padded)]
    in_json = [json.dumps(value)[1:-1].encode(), json.dumps(json.dumps(value))[3:-3].encode()]
    in_url = [quote(value, safe="").encode(), unquote(value).encode()]
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), *in_json, *in_url, *cores]


def objects_of_ours(ground: Playground) -> dict[str, bytes]:
    """Every Git object that is not in the history of the user."""
    theirs = set(ground.git("rev-list", "--objects", "--no-object-names", "main").split())
    listing = "--batch-check=%(objectname) %(objecttype)"
    found = ground.git("cat-file", "--batch-all-objects", listing).splitlines()
    ours = [line.split() for line in found if line.split()[0] not in theirs]
    return {
        f"git {kind} {object_id}": ground.git(
            "cat-file", kind if kind != "tree" else "-p", object_id
        ).encode()
        for object_id, kind in ours
    }


def labels_of_ours(ground: Playground) -> dict[str, bytes]:
    """All labels but those that the file itself puts on the container."""
    found: dict[str, bytes] = {}
    with engine() as client:
        images: list[Any] = [
            client.inspect_image(each["Image"])["Config"]  # type: ignore[no-untyped-call]
            for each in ground.containers()
        ]
    holders = [
        *((each["Name"], each["Config"]) for each in ground.containers()),
        *((each["Name"], each) for each in (*ground.networks(), *ground.volumes())),
        *((f"image {number}", each) for number, each in enumerate(images)),
    ]
    for name, holder in holders:
        kept = {
            k: v for k, v in (holder["Labels"] or {}).items() if not k.startswith("credential_")
        }
        found[f"labels of {name}"] = json.dumps(kept, ensure_ascii=False).encode()
    return found


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    yield from playground(tmp_path / "vault")


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


def asked(ground: Playground, *words: str) -> dict[str, bytes]:
    """What commands say, as text and as JSON."""
    found: dict[str, bytes] = {}
    for word in words:
        for form in ("text", "json"):
            said = ground.sandbox(*word.split(), "--output", form, status=None)
            found[f"{word} ({form})"] = f"{said.stdout}\n{said.stderr}".encode()
    return found


def test_none_of_a_hundred_secrets_is_found_anywhere(ground: Playground, server: Receiver) -> None:
    secrets = planted()
    state = ground.folder / ".git/sandbox"
    state.mkdir()
    (state / "notify.yaml").write_text(f"webhooks: [{{url: '{server.url}'}}]\n")
    ground.environ["SANDBOX_EDGE_PORT"] = "off"
    good = ground.commit(files(secrets, UP), "Begin")
    controller = ground.start_controller()

    def kinds() -> list[str]:
        return [each["notification"]["kind"] for each in server.bodies]

    until(lambda: "synced" in kinds(), "the first sync")
    sinks = labels_of_ours(ground)
    bad = ground.commit(files(secrets, "exit 3"), f"Log in with {secrets['environment'][0]}")
    until(lambda: "quarantined" in kinds(), "the failure to be told")
    until(lambda: kinds()[-1] == "synced", "the way back")

    logged = ground.sandbox("logs", "staging", "web", "--tail", "1000").stdout.encode()
    sinks |= asked(
        ground,
        *("status", "history", "config staging", "why staging web", "wait staging --timeout 1s"),
        *(f"plan staging --ref {bad}", "plan staging --worktree", "history --receipt 2 staging"),
    )
    broken = "".join(f"    password: {value} : {value}\n" for value in secrets["broken"])
    ground.commit_environment(f"x-sandbox: {{}}\nservices:\n  web:\n{broken}")
    until(lambda: "invalid" in kinds(), "the broken file to be told")
    sinks |= asked(ground, "status staging", "sync staging", f"plan staging --ref {good}")
    sinks |= {f"{name} (later)": text for name, text in labels_of_ours(ground).items()}
    controller.terminate()
    stdout, stderr = controller.communicate(timeout=30)
    sinks |= {"controller's stdout": stdout, "controller's stderr": stderr}
    sinks |= {
        f"file {path.name}": path.read_bytes()
        for path in state.rglob("*")
        if path.is_file() and path.name != "notify.yaml"
    }
    sinks["webhooks"] = json.dumps(server.bodies, ensure_ascii=False).encode()
    sinks |= objects_of_ours(ground)

    every = [value for values in secrets.values() for value in values]
    there = [value for value in every if any(trace in logged for trace in traces(value))]
    leaks = sorted(
        f"{route}: {value!r} in {sink}"
        for route, values in secrets.items()
        for value in values
        for sink, text in sinks.items()
        if any(trace in text for trace in traces(value))
    )
    found = {value for value in every if any(repr(value) in leak for leak in leaks)}
    print(
        f"{len(found)} of {len(every)} found in {len(sinks)} sinks; {len(there)} stand in the log"
    )
    with suppress(docker.errors.NotFound), engine() as client:
        client.remove_image("vault/web", force=True)
    assert leaks == []
    assert len(every) == EACH * len(ROUTES) == 100
    assert len(there) == 55
    assert b'"passed"' in b"".join(
        text for sink, text in sinks.items() if sink.startswith("git blob")
    )
