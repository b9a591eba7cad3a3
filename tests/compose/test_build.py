from collections.abc import Mapping
from dataclasses import replace

import pytest

from sandbox.compose.build import image_name
from sandbox.compose.load import load_environment
from sandbox.errors import InvalidComposeError
from sandbox.model.service import Build
from tests.compose.committed import RELEASE, load, problems, service, source

APP = {"app/Dockerfile": "FROM scratch"}
BUILD = Build(context="app", context_id="1", args={"A": "1"})


def build(written: str, env: str = "", others: Mapping[str, str] = APP) -> Build | None:
    (found,) = load(f"services:\n  web:\n    build: {written}\n", others=others, env=env).services
    return found.build


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("../../app", Build(context="app", context_id="tree of ['app/Dockerfile']")),
        ("../../app/", Build(context="app", context_id="tree of ['app/Dockerfile']")),
        ("{context: ../../app, dockerfile: ./docker/Web, target: t, args: {B: 2, A: }}",
         Build(context="app", dockerfile="docker/Web", target="t", args={"A": "x", "B": "2"},
               context_id="tree of ['app/Dockerfile', 'app/docker/Web']")),
        ("{context: ../../app, args: [A, NOPE, C=]}",
         Build(context="app", args={"A": "x", "C": ""},
               context_id="tree of ['app/Dockerfile']")),
        (("{context: ../../app, dockerfile_inline: FROM x, labels: [a=b], tags: [t2, t1],"
          " cache_from: [c], network: host, extra_hosts: ['a:1.2.3.4'], shm_size: 1m,"
          " platforms: [linux/amd64], pull: true, no_cache: true}"),
         Build(context="app", dockerfile_inline="FROM x", labels={"a": "b"}, tags=("t1", "t2"),
               cache_from=("c",), network="host", extra_hosts=("a:1.2.3.4",),
               shm_size_bytes=1 << 20, platform="linux/amd64", pull=True, no_cache=True,
               context_id="tree of ['app/Dockerfile']")),
    ],
)  # fmt: skip
def test_both_forms_are_read(written: str, expected: Build) -> None:
    others = {**APP, "app/docker/Web": ""} if "docker/Web" in written else APP
    assert build(written, env="A=x", others=others) == expected


def test_the_top_of_the_repository_may_be_a_context() -> None:
    found = build("../..", others={"Dockerfile": ""})

    assert found is not None
    assert found.context == "."


@pytest.mark.parametrize(
    ("written", "place", "file"),
    [
        ("../../app", "3:12", "app/Dockerfile"),
        ("../..", "3:12", "Dockerfile"),
        ("{context: ../../app, dockerfile: docker/Web}", "3:45", "app/docker/Web"),
        ("{context: ../../app, dockerfile: ./Dockerfile.dev}", "3:45", "app/Dockerfile.dev"),
    ],
)
def test_a_dockerfile_that_is_nowhere_is_a_problem_with_its_place(
    written: str, place: str, file: str
) -> None:
    text = f"services:\n  web:\n    build: {written}\n"

    (found,) = problems(text, others={"app/other": ""})

    assert found == (
        f"compose.yaml:{place}: services.web.build.dockerfile: there is no file {file} in the"
        " release aaaaaaa (commit the file, or correct `dockerfile`: its path begins at the build"
        " context)"
    )


def test_the_dockerfile_is_looked_for_in_the_release() -> None:
    commit = source(f"x-sandbox: {{release: {RELEASE}}}\nservices: {{web: {{build: ../../app}}}}\n")
    without = replace(commit, releases={RELEASE: {"app/other": b""}})
    with_it = replace(commit, releases={RELEASE: {"app/Dockerfile": b""}})

    with pytest.raises(InvalidComposeError, match="no file app/Dockerfile in the release bbbbbbb"):
        load_environment("staging", without, default_application="shop")
    assert load_environment("staging", with_it, default_application="shop").services


@pytest.mark.parametrize(
    "written", ["{context: ../../app, dockerfile_inline: FROM x}", "../../app"]
)
def test_an_inline_dockerfile_and_the_usual_name_in_small_letters_do(written: str) -> None:
    assert build(written, others={"app/dockerfile": ""})


MIGRATED = "services:\n  web:\n    build: ../../app\n    x-sandbox: {migrations: ./db/sql/}\n"


def test_migrations_are_a_folder_of_the_build_context() -> None:
    (found,) = load(MIGRATED, others={**APP, "app/db/sql/1.sql": ""}).services

    assert found.migrations == "db/sql"


def test_migrations_that_are_nowhere_are_a_problem_with_its_place() -> None:
    (found,) = problems(MIGRATED, others=APP)

    assert found == (
        "compose.yaml:4:29: services.web.x-sandbox.migrations: there is no folder app/db/sql in the"
        " release aaaaaaa (commit the folder, or correct the path: it begins at the build context)"
    )


def test_an_older_release_need_not_have_the_migrations_of_the_commit() -> None:
    commit = source(
        f"x-sandbox: {{release: {RELEASE}}}\n{MIGRATED}",
        others={**APP, "app/db/sql/1.sql": ""},
    )
    pinned = replace(commit, releases={RELEASE: dict.fromkeys(APP, b"")})

    (found,) = load_environment("staging", pinned, default_application="shop").services

    assert found.migrations == "db/sql"


@pytest.mark.parametrize(
    ("made", "folder", "message"),
    [
        ("image: x", "sql", "only a service with `build` has migrations of its release"),
        ("build: ../../app", "../sql", "../sql is not a folder inside the build context"),
        ("build: ../../app", "/sql", "/sql is not a folder inside the build context"),
    ],
)
def test_migrations_that_no_release_can_have_are_a_problem(
    made: str, folder: str, message: str
) -> None:
    text = f"services:\n  web:\n    {made}\n    x-sandbox: {{migrations: {folder}}}\n"

    (found,) = problems(text, others=APP)

    assert found == f"compose.yaml:4:29: services.web.x-sandbox.migrations: {message}"


def test_without_a_context_the_folder_of_the_file_is_one() -> None:
    found = build("{target: t}", others={"environments/staging/Dockerfile": ""})

    assert found is not None
    assert found.context == "environments/staging"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("../../../x", "this folder leads out of the repository"),
        ("/src", "/src is not a path inside the repository"),
        ("https://example.org/x.git", "https://example.org/x.git: only folders of the commit"),
        ("{context: ../../app, dockerfile: ../D}", "../D is not a path inside the build context"),
        ("{context: ../../app, dockerfile: /D}", "/D is not a path inside the build context"),
        ("../../nope", "the build context nope is not in the release aaaaaaa"),
        ("{context: ../../app, additional_contexts: {x: y}}", "`additional_contexts` is not"),
        ("{context: ../../app, secrets: [s]}", "the secret 's' is not declared"),
        ("{context: ../../app, ssh: [default]}", "`ssh` is not supported: it needs BuildKit"),
        ("{context: ../../app, ulimits: {nofile: 1}}", "`ulimits` is not supported"),
        ("{context: ../../app, privileged: true}", "`privileged` is not supported"),
        ("{context: ../../app, platforms: [a/b, c/d]}", "builds for one platform at a time"),
        ("[x]", "must be a folder, or a mapping with `context`, not a list"),
    ],
)
def test_what_cannot_be_built_is_told(written: str, message: str) -> None:
    (found,) = problems(f"services:\n  web:\n    build: {written}\n", others=APP)

    assert message in found


def test_images_are_named_after_what_they_are_made_of() -> None:
    name = image_name("shop", "web", BUILD)

    assert name.startswith("shop/web:")
    assert len(name.rpartition(":")[2]) == 16
    assert name == image_name("shop", "web", BUILD)


@pytest.mark.parametrize(
    "other",
    [
        Build(context="app", context_id="2", args={"A": "1"}),
        Build(context="app", context_id="1", args={"A": "2"}),
        Build(context="app", context_id="1", args={"A": "1", "B": ""}),
        Build(context="app", context_id="1", args={"A": "1"}, target="t"),
        Build(context="app", context_id="1", args={"A": "1"}, dockerfile="D"),
        Build(context="app", context_id="1", args={"A": "1"}, dockerfile_inline="D"),
        Build(context="app", context_id="1", args={"A": "1"}, network="D"),
        Build(context="app", context_id="1", args={"A": "1"}, platform="D"),
        Build(context="app", context_id="1", args={"A": "1"}, labels={"D": ""}),
        Build(context="app", context_id="1", args={"A": "1"}, extra_hosts=("D:1",)),
        Build(context="app", context_id="1", target="A", args={"1": ""}),
    ],
)
def test_other_content_has_another_id(other: Build) -> None:
    assert image_name("shop", "web", other) != image_name("shop", "web", BUILD)


def test_services_of_one_content_have_one_id() -> None:
    one, other = image_name("shop", "web", BUILD), image_name("shop", "My_Worker", BUILD)

    assert other == f"shop/my-worker:{one.rpartition(':')[2]}"


def test_an_image_beside_a_build_is_not_used_and_that_is_said() -> None:
    state = load("services:\n  web:\n    build: ../../app\n    image: mine:1\n", others=APP)

    assert state.services[0].image.startswith("shop/web:")
    assert "mine:1 is not used" in state.warnings[0]


def test_a_service_that_names_what_another_one_builds_uses_that() -> None:
    one, other = load(
        "services:\n  a: {build: ../../app, image: mine:1}\n  b: {image: 'mine:1'}\n", others=APP
    ).services

    assert other.image == one.image
    assert other.build == one.build


@pytest.mark.parametrize("image", ["nginx", "a/b/c:1.2", "localhost:5000/a:b", "a@sha256:0123"])
def test_an_image_without_a_build_is_taken_as_it_is(image: str) -> None:
    (found,) = load(f"services: {{web: {{image: '{image}'}}}}").services

    assert (found.image, found.build) == (image, None)


@pytest.mark.parametrize("image", ["a b", "$(x)", "-x"])
def test_what_is_no_name_of_an_image_is_told(image: str) -> None:
    assert "is not the name of an image" in problems(f"services: {{web: {{image: '{image}'}}}}")[0]


def test_a_service_needs_an_image_or_a_build() -> None:
    assert problems("services:\n  web: {}\n") == [
        (
            "compose.yaml:2:3: services.web: the service has neither `image` nor `build`"
            " (say what the container is made of)"
        )
    ]
    assert service("user: x").image == "nginx:1"
