import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from conftest import stock_of
from fastapi.testclient import TestClient
from redis import Redis

from shop.app import create_app
from shop.settings import Settings
from shop.stores import connect

PORT = 18080
NOWHERE = "redis://127.0.0.1:1/0"


def app_client(**settings: str) -> TestClient:
    known = dict(os.environ) | {"SHOP_ENVIRONMENT": "staging", "SHOP_RELEASE": "a" * 40} | settings
    return TestClient(create_app(Settings.read(known)), raise_server_exceptions=False)


@pytest.fixture
def client(database: psycopg.Connection, cache: Redis) -> Iterator[TestClient]:
    assert database
    assert cache
    with app_client() as client:
        yield client


def form_field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def test_a_customer_browses_buys_and_sees_the_order(
    client: TestClient, database: psycopg.Connection, cache: Redis
) -> None:
    assert "Bud vase" in client.get("/?q=single+flower").text
    cart = client.post("/cart/add", data={"slug": "bud-vase", "quantity": "2"}).text
    assert "€62.00" in cart
    checkout = client.get("/checkout").text
    form = {
        "key": form_field(checkout, "key"),
        "total_cents": form_field(checkout, "total_cents"),
        "name": "Ada",
        "email": "ada@example.org",
        "address": "12 Square",
    }

    order = client.post("/checkout", data=form)
    again = client.post("/checkout", data=form)

    assert order.status_code == 200
    assert "Thank you" in order.text
    assert again.url == order.url
    assert stock_of(database, "bud-vase") == 8
    assert cache.llen("orders:waiting") == 1
    assert "Nothing in here yet" in client.get("/cart").text
    assert "Ada" in client.get("/staff").text


def test_the_api_sells_too(client: TestClient, database: psycopg.Connection) -> None:
    assert len(client.get("/api/products?category=Tea").json()["products"]) == 4
    assert client.post("/api/cart/items", json={"slug": "brass-pen"}).status_code == 201
    cart = client.put("/api/cart/items/brass-pen", json={"quantity": 3}).json()
    assert (cart["pieces"], cart["total_cents"]) == (3, 3 * 3800)
    ada = {"name": "Ada", "email": "ada@example.org", "address": "12 Square"}

    first = client.post("/api/checkout", json=ada, headers={"Idempotency-Key": "api-key-1"})
    again = client.post("/api/checkout", json=ada, headers={"Idempotency-Key": "api-key-1"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    assert stock_of(database, "brass-pen") == 7
    assert client.get("/api/staff/stock").json()["brass-pen"] == 7
    assert client.get("/api/staff/orders").json()["counts"]["placed"] == 1
    assert client.get(f"/api/orders/{first.json()['number']}").json()["status"] == "placed"
    assert client.post("/api/staff/stock/brass-pen", json={"pieces": 3}).json()["stock"] == 10
    assert client.delete("/api/cart/items/brass-pen").json()["lines"] == []
    assert "/api/checkout" in client.get("/api/openapi.json").json()["paths"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/products/none", None, 404, "not_found"),
        ("GET", "/api/orders/none", None, 404, "not_found"),
        ("GET", "/api/none", None, 404, "not_found"),
        ("POST", "/api/cart/items", {"slug": "none"}, 404, "not_found"),
        ("POST", "/api/cart/items", {"slug": "bud-vase", "quantity": 21}, 422, "invalid"),
        ("POST", "/api/cart/items", {"slug": "bud-vase", "quantity": 11}, 409, "out_of_stock"),
        ("POST", "/api/cart/items", {"quantity": "x"}, 422, "invalid"),
        ("POST", "/api/checkout", {"name": "a", "email": "a", "address": "a"}, 422, "invalid"),
        (
            "POST",
            "/api/checkout",
            {"name": "a", "email": "a@b.c", "address": "a"},
            409,
            "empty_cart",
        ),
        ("DELETE", "/api/products", None, 405, "bad_request"),
    ],
)
def test_the_api_says_what_is_wrong(
    client: TestClient, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = client.request(method, path, json=body)

    assert (answer.status_code, answer.json()["error"]) == (status, code)


@pytest.mark.parametrize("path", ["/none", "/products/none", "/orders/none"])
def test_a_missing_page_is_a_page(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert "Nothing on this shelf" in answer.text


def test_odd_input_is_refused_with_a_page(client: TestClient) -> None:
    assert client.get("/?q=" + "x" * 201).status_code == 422
    assert client.post("/cart/add", data={"slug": "bud-vase", "quantity": "x"}).status_code == 422
    assert client.post("/cart/add", data={}).status_code == 422
    assert client.get("/?q=%25_\\'").status_code == 200
    for path in ("/?q=%00", "/products/%00", "/api/orders/%00", "/api/products?category=%00"):
        assert client.get(path).status_code == 400, path
    assert client.post("/cart/change", data={"slug": "\x00", "quantity": "1"}).status_code == 400


def test_a_form_of_another_site_changes_nothing(client: TestClient, cache: Redis) -> None:
    evil = {"Origin": "http://evil.example"}

    answer = client.post("/cart/add", data={"slug": "bud-vase"}, headers=evil)

    assert answer.status_code == 403
    assert cache.keys("cart:*") == []


def test_cookies_and_headers_are_safe(client: TestClient) -> None:
    answer = client.post("/api/cart/items", json={"slug": "bud-vase"})

    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_version_and_probes_answer(client: TestClient) -> None:
    version = client.get("/version").json()

    assert (version["environment"], version["release"]) == ("staging", "a" * 40)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json() == {"status": "ready", "problems": {}}


def test_without_a_cache_the_shop_is_not_ready_and_says_why() -> None:
    with app_client(SHOP_CACHE_URL=NOWHERE) as client:
        ready = client.get("/readyz")

        assert ready.status_code == 503
        assert list(ready.json()["problems"]) == ["cache"]
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
        assert client.get("/api/staff/orders").status_code == 503


def test_without_a_database_the_shop_is_not_ready_and_says_why(
    monkeypatch: pytest.MonkeyPatch, cache: Redis
) -> None:
    assert cache.ping()
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    with app_client() as client:
        ready = client.get("/readyz")

        assert ready.status_code == 503
        assert list(ready.json()["problems"]) == ["database"]
        page = client.get("/")
        assert page.status_code == 503
        assert "Back in a moment" in page.text


@pytest.fixture
def server(database: psycopg.Connection, cache: Redis) -> Iterator[subprocess.Popen[bytes]]:
    assert database
    assert cache
    process = subprocess.Popen(
        [sys.executable, "-m", "shop.web"], env=os.environ | {"SHOP_PORT": str(PORT)}
    )
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{PORT}/readyz").status_code == 200:
                break
        except httpx.ConnectError:
            time.sleep(0.02)
    yield process
    process.kill()
    process.wait()


def test_sigterm_answers_what_is_in_flight_and_ends_within_two_seconds(
    server: subprocess.Popen[bytes],
) -> None:
    answers: list[httpx.Response] = []

    def browse() -> None:
        answers.append(httpx.get(f"http://127.0.0.1:{PORT}/api/products", timeout=5))

    request = threading.Thread(target=browse)
    with httpx.Client() as idle, connect("tests") as blocker:
        idle.get(f"http://127.0.0.1:{PORT}/healthz")  # stays connected
        with blocker.transaction():
            blocker.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
            request.start()
            time.sleep(0.3)
            began = time.monotonic()
            server.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        server.wait(5)
        took_s = time.monotonic() - began
    request.join()

    assert [answer.status_code for answer in answers] == [200]
    assert len(answers[0].json()["products"]) == 24
    assert (took_s < 2, server.returncode) == (True, 0)


def test_an_idle_server_is_gone_at_once(server: subprocess.Popen[bytes]) -> None:
    with httpx.Client() as idle:
        idle.get(f"http://127.0.0.1:{PORT}/healthz")
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.wait(5)

    assert time.monotonic() - began < 1


def test_a_request_that_never_ends_does_not_hold_the_server_up(
    server: subprocess.Popen[bytes],
) -> None:
    ends: list[int] = []

    def hang() -> None:
        try:
            ends.append(httpx.get(f"http://127.0.0.1:{PORT}/api/products", timeout=8).status_code)
        except httpx.TransportError:
            ends.append(599)

    request = threading.Thread(target=hang)
    with connect("tests") as blocker, blocker.transaction():
        blocker.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
        request.start()
        time.sleep(0.3)
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.wait(8)
        took_s = time.monotonic() - began
    request.join()

    assert took_s < 6
    assert [status >= 500 for status in ends] == [True]
