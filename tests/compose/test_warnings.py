"""What is valid and should be known: each warning once, with file and line."""

import pytest

from tests.compose.committed import FOLDER, load, with_service
from tests.compose.memory import project

FILE = f"{FOLDER}/compose.yaml"


@pytest.mark.parametrize(
    ("attributes", "env", "others", "warning"),
    [
        (
            "user: ${WHO}",
            "",
            {},
            f"{FILE}:4: the variable WHO is not set; it reads as empty",
        ),
        (
            "env_file: web.env",
            "",
            {"web.env": "A=1\nPASSWORD=pa$word\n"},
            f"{FOLDER}/web.env:2: the variable word is not set; it reads as empty",
        ),
        (
            "labels: {a: $PASSWORD}",
            "PASSWORD=pa$word\n",
            {},
            f"{FOLDER}/.env:1: the variable word is not set; it reads as empty",
        ),
        (
            "label_file: web.labels",
            "",
            {"web.labels": "price=5$EUR\n"},
            f"{FOLDER}/web.labels:1: the variable EUR is not set; it reads as empty",
        ),
        (
            "env_file:\n  - path: no.env\n    required: false",
            "",
            {},
            f"{FILE}:5: services.web.env_file[0]: there is no file {FOLDER}/no.env in the commit;",
        ),
        (
            "environment:\n  A: '1'\n  DEBUG:",
            "",
            {},
            f"{FILE}:6: DEBUG has no value: no variable of that name is set, so it is left out",
        ),
        (
            "environment:\n  - A=1\n  - DEBUG",
            "",
            {},
            f"{FILE}:6: DEBUG has no value: no variable of that name is set, so it is left out",
        ),
    ],
)
def test_what_reads_as_nothing_is_warned_of_at_the_line_where_it_stands(
    attributes: str, env: str, others: dict[str, str], warning: str
) -> None:
    files = {f"{FOLDER}/{path}": content for path, content in others.items()}

    found = load(with_service(attributes), env=env, others=files).warnings

    assert [each.startswith(warning) for each in found].count(True) == 1


@pytest.mark.parametrize(
    "env", ["PASSWORD='pa$word'\n", "PASSWORD=pa$$word\n", 'PASSWORD="pa\\$word"\n']
)
def test_a_dollar_that_is_meant_is_kept_without_a_warning(env: str) -> None:
    state = load(with_service("env_file: .env"), env=env)

    assert state.services[0].environment == {"PASSWORD": "pa$word"}
    assert state.warnings == ()


@pytest.mark.parametrize(
    ("image", "warned"),
    [
        ("nginx", True),
        ("registry:5000/team/nginx", True),
        ("nginx:1.27", False),
        ("registry:5000/nginx:1", False),
        (f"nginx@sha256:{'0' * 64}", False),
    ],
)
def test_an_image_without_a_tag_is_warned_of(image: str, warned: bool) -> None:
    state = load(f"services:\n  web:\n    image: {image}\n")

    told = f"{FILE}:3: the image {image} has no tag, so it is {image}:latest"
    assert [each.startswith(told) for each in state.warnings] == [True] * warned


def test_an_image_that_another_service_builds_needs_no_tag() -> None:
    text = "services:\n  web: {image: shop/web, build: .}\n  worker: {image: shop/web}\n"

    found = load(text, others={f"{FOLDER}/Dockerfile": "FROM scratch\n"}).warnings

    assert not [each for each in found if "has no tag" in each]


def test_the_same_warning_in_several_lines_is_one() -> None:
    text = "services:\n  a: {image: 'i:$TAG'}\n  b: {image: 'j:$TAG'}\n  c: {image: 'k:$TAG'}\n"

    found = project({"compose.yaml": text}).findings.warnings

    assert found[0].startswith("compose.yaml:2 (also lines 3, 4): the variable TAG is not set")
    assert len(found) == 1


def test_a_base_that_several_services_extend_is_warned_of_once() -> None:
    base = "services:\n  any:\n    image: nginx\n    user: $WHO\n"
    text = (
        "services:\n"
        "  a: {extends: {file: ../base/compose.yaml, service: any}}\n"
        "  b: {extends: {file: ../base/compose.yaml, service: any}}\n"
    )

    found = load(text, others={"environments/base/compose.yaml": base}).warnings

    assert [each.split(": ")[0] for each in found] == [
        "environments/base/compose.yaml:4",
        "environments/base/compose.yaml:3",
    ]
