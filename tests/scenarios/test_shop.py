"""
The shop's own tests, in the containers that it ships as; and its database, killed at bad moments.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors
import pytest

from tests.load.running import running
from tests.playground import engine, free_port, until
from tests.rollouts.changes import ITEM

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

SHOP = Path(__file__).parents[2] / "demo_shop"
VOLUME = "/var/lib/postgresql/data"
ACCOUNT = {"POSTGRES_USER": "shop", "POSTGRES_PASSWORD": "test", "POSTGRES_DB": "shop"}
CLIENT = {"PGHOST": "127.0.0.1", "PGUSER": "shop", "PGPASSWORD": "test", "PGDATABASE": "shop"}
CACHE_URL = "redis://127.0.0.1:6379/0"
TESTS_S = 300


@pytest.fixture(scope="module")
def client() -> Iterator[docker.APIClient]:
    with engine() as client:
        client.timeout = TESTS_S
        yield client


def build(client: docker.APIClient, part: str, target: str | None = None) -> str:
    """
    Build a folder of the shop, and give the image's id; the tag only keeps it for the next run.
    """
    lines = list(
        client.build(
            path=str(SHOP / part),
            target=target,
            tag=f"sandbox-tests/shop-{part}{f'-{target}' if target else ''}",
            rm=True,
            forcerm=True,
            decode=True,
        )
    )
    said = "".join(line.get("stream") or line.get("error") or "" for line in lines)
    ids = [line["aux"]["ID"] for line in lines if "aux" in line]
    assert ids, said
    assert "error" not in lines[-1], said
    return str(ids[-1])


@contextmanager
def container(client: docker.APIClient, image: str, **options: Any) -> Iterator[str]:
    """
    Start a container that reaches nothing but itself, unless *host* says so; remove it and its
    volumes at the end.
    """
    host = {"network_mode": "none", **options.pop("host", {})}
    made = client.create_container(
        image,
        name=f"sandbox-tests-shop-{secrets.token_hex(6)}",
        host_config=client.create_host_config(**host),
        **options,
    )["Id"]
    try:
        client.start(made)
        yield made
    finally:
        with suppress(docker.errors.NotFound):
            client.remove_container(made, force=True, v=True)


def run_tests(client: docker.APIClient, container_id: str) -> None:
    """
    Wait for the tests in a container, and show what they said.
    """
    status = client.wait(container_id, timeout=TESTS_S)["StatusCode"]
    said = client.logs(container_id).decode()
    print(said)
    assert status == 0
    assert " passed" in said
    assert " skipped" not in said


def call(client: docker.APIClient, container_id: str, *command: str) -> tuple[int, str]:
    """
    Run a command in a container; give its exit status and what it printed.
    """
    made = client.exec_create(container_id, list(command), environment=CLIENT)["Id"]
    said = client.exec_start(made).decode()
    return int(client.exec_inspect(made)["ExitCode"]), said


def query(client: docker.APIClient, container_id: str, statement: str) -> str:
    status, said = call(client, container_id, "psql", "-qAtc", statement)
    assert status == 0, said
    return said.strip()


def until_up(client: docker.APIClient, container_id: str) -> None:
    def up() -> bool:
        assert client.inspect_container(container_id)["State"]["Running"], client.logs(container_id)
        return call(client, container_id, "pg_isready", "-q")[0] == 0

    until(up, "the database to answer")


def has(client: docker.APIClient, container_id: str, path: str) -> bool:
    """
    Say whether there is such a path in a container, which need not run.
    """
    try:
        stream, _ = client.get_archive(container_id, path)
    except docker.errors.NotFound:
        return False
    stream.close()
    return True


def test_the_unit_tests_pass_in_the_test_image(client: docker.APIClient) -> None:
    with container(client, build(client, "app", "test")) as tests:
        run_tests(client, tests)


def test_the_integration_tests_pass_beside_a_real_database_and_cache(
    client: docker.APIClient,
) -> None:
    image = build(client, "app", "test")
    with container(client, build(client, "db"), environment=ACCOUNT) as database:
        beside = {"network_mode": f"container:{database}"}
        cache = container(client, build(client, "cache"), host=beside)
        tests = container(
            client,
            image,
            host=beside,
            environment={**CLIENT, "SHOP_CACHE_URL": CACHE_URL},
            command=["pytest", "tests/integration"],
        )
        with cache, tests as running:
            run_tests(client, running)


@contextmanager
def whole_shop(client: docker.APIClient) -> Iterator[tuple[int, dict[str, str]]]:
    """
    Serve the shop on loopback; give its port, and its containers. All share one network, which a
    restart of one of them leaves alone.
    """
    port, app = free_port(), build(client, "app")
    published = {"network_mode": "bridge", "port_bindings": {8080: ("127.0.0.1", port)}}
    settings = {**CLIENT, "SHOP_CACHE_URL": CACHE_URL}
    with ExitStack() as stack:
        network = stack.enter_context(
            container(client, app, command=["sleep", "600"], ports=[8080], host=published)
        )
        beside = {"network_mode": f"container:{network}"}
        db = container(client, build(client, "db"), environment=ACCOUNT, host=beside)
        cache = container(client, build(client, "cache"), host=beside)
        stores = {"db": stack.enter_context(db), "cache": stack.enter_context(cache)}
        migrate = container(
            client,
            app,
            command=["python3", "-m", "shop.migrate"],
            environment=settings,
            host=beside,
        )
        assert client.wait(stack.enter_context(migrate))["StatusCode"] == 0
        web = stack.enter_context(container(client, app, environment=settings, host=beside))
        until(lambda: call(client, web, "ready", "/readyz")[0] == 0, "the shop to be ready")
        yield port, stores


@pytest.mark.parametrize("store", [pytest.param("cache", marks=pytest.mark.long), "db"])
def test_a_store_that_is_restarted_costs_visitors_time_and_no_request(
    client: docker.APIClient, tmp_path: Path, store: str
) -> None:
    with whole_shop(client) as (port, stores):
        url = f"http://127.0.0.1:{port}"
        targets = [f"{url}/api/products/letter-set", f"POST {url}/api/cart/items {ITEM}"]
        # What a database cuts in the middle of its work fails, and is asked again.
        patience_s = 10.0 if store == "db" else 0.0
        with running(
            tmp_path / "log", targets, rps=40, header="X-Shop-Release", retry_s=patience_s
        ) as load:
            began = started_at(client, stores[store])
            client.restart(stores[store], timeout=10)
            load.await_more(200)
        assert started_at(client, stores[store]) > began

    summary = load.summary()
    assert summary.failed == 0, summary.text()
    assert summary.repeated <= 2, summary.text()


def started_at(client: docker.APIClient, container_id: str) -> str:
    state: dict[str, str] = client.inspect_container(container_id)["State"]
    return state["StartedAt"]


def test_a_database_killed_while_it_is_made_is_made_anew(client: docker.APIClient) -> None:
    with container(client, build(client, "db"), environment=ACCOUNT) as database:
        until(lambda: has(client, database, f"{VOLUME}/17.new/PG_VERSION"), "a half-made cluster")
        client.kill(database)
        assert has(client, database, f"{VOLUME}/17.new")
        assert not has(client, database, f"{VOLUME}/17/PG_VERSION")

        client.start(database)

        until_up(client, database)
        assert query(client, database, "SELECT current_user") == "shop"
        assert not has(client, database, f"{VOLUME}/17.new")


def test_a_database_killed_at_work_keeps_what_was_committed(client: docker.APIClient) -> None:
    with container(client, build(client, "db"), environment=ACCOUNT) as database:
        until_up(client, database)
        query(client, database, "CREATE TABLE kept (n int)")
        for n in (1, 2):
            query(client, database, f"INSERT INTO kept VALUES ({n})")
            client.kill(database)
            client.wait(database)

            client.start(database)

            until_up(client, database)
        assert query(client, database, "SELECT count(*) FROM kept") == "2"
