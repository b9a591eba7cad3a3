import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from shop.traffic import HEADERS, Traffic

RELEASE = "3f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d"


def fine(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("tea")


def broken(_request: Request) -> PlainTextResponse:
    raise ZeroDivisionError


@pytest.fixture
def client() -> TestClient:
    routes = [Route("/fine", fine, methods=["GET", "POST"]), Route("/broken", broken)]
    app = Traffic(Starlette(routes=routes), release=RELEASE)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(("path", "status"), [("/fine", 200), ("/none", 404), ("/broken", 500)])
def test_every_answer_says_its_release_and_is_safe(
    client: TestClient, path: str, status: int
) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["X-Shop-Release"] == RELEASE
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_a_form_of_another_site_is_refused_by_a_release_too(client: TestClient) -> None:
    answer = client.post("/fine", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert answer.headers["X-Shop-Release"] == RELEASE
