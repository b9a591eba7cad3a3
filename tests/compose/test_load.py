from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.attributes import SERVICE
from sandbox.compose.load import find_environments, load_environment
from sandbox.errors import InvalidComposeError
from sandbox.model.desired import DesiredState
from sandbox.model.service import Service
from tests.compose.committed import (
    FILE,
    RELEASE,
    REVISION,
    MemorySource,
    load,
    problems,
    source,
    with_service,
)

WEB = "services:\n  web: {build: ../../app, environment: {R: '${SANDBOX_RELEASE}'}}\n"
APP = {"app/Dockerfile": "FROM scratch"}


def test_environments_are_folders_whose_file_has_a_top_level_x_sandbox() -> None:
    files = {
        "environments/staging/compose.yaml": b"x-sandbox:\nservices: {}\n",
        "environments/production/compose.yaml": b"{x-sandbox: {}, services: {}}",
        "environments/base/compose.yaml": b"services: {a: {image: x, labels: {x-sandbox: y}}}",
        "environments/comment/compose.yaml": b"# x-sandbox:\nservices: {}",
        "environments/broken/compose.yaml": b"x-sandbox: {}\nservices: [\n",
        "environments/broken-base/compose.yaml": b"services: [\n",
        "environments/deep/er/compose.yaml": b"x-sandbox: {}\n",
        "environments/other/docker-compose.yml": b"x-sandbox: {}\n",
        "environments/compose.yaml": b"x-sandbox: {}\n",
        "compose.yaml": b"x-sandbox: {}\n",
    }

    assert find_environments(MemorySource(files=files)) == ("broken", "production", "staging")


def test_a_repository_without_environments_has_none() -> None:
    assert find_environments(MemorySource(files={"README.md": b"x-sandbox"})) == ()


def test_our_own_variables_are_known_and_win_over_dotenv() -> None:
    state = load(
        "services: {a: {image: x, command: "
        "['$SANDBOX_ENVIRONMENT', '$SANDBOX_REVISION', '$SANDBOX_RELEASE', '$FROM']}}",
        env="SANDBOX_ENVIRONMENT=forged\nSANDBOX_RELEASE=forged\nFROM=$SANDBOX_ENVIRONMENT\n",
    )

    assert state.services[0].command == ("staging", REVISION, REVISION, "staging")


def test_the_release_is_asked_for_with_all_contexts_that_are_enabled() -> None:
    committed = source(
        "x-sandbox: {release: '${RELEASE:-}'}\n"
        "services:\n"
        "  a: {build: ../../b}\n"
        "  b: {build: ../../a}\n"
        "  c: {build: {context: ../../a, target: t}}\n"
        "  d: {build: ../../off, profiles: [off]}\n",
        others={"a/Dockerfile": "", "b/Dockerfile": ""},
        env=f"RELEASE={RELEASE}",
    )

    state = load_environment("staging", committed, default_application="shop")

    assert committed.asked == [(RELEASE, ("a", "b"))]
    assert (state.revision, state.release) == (REVISION, RELEASE)


def test_a_text_that_uses_the_release_is_read_again_when_it_is_not_the_revision() -> None:
    committed = replace(source(WEB, others=APP), release=RELEASE)

    state = load_environment("staging", committed, default_application="shop")

    assert state.services[0].environment == {"R": RELEASE}
    assert state.release == RELEASE


def test_a_commit_of_configuration_keeps_release_and_image() -> None:
    before = replace(source(WEB, others=APP), release=RELEASE)
    after = replace(source(WEB + "    \n", others=APP), release=RELEASE, revision="c" * 40)

    one = load_environment("staging", before, default_application="shop")
    other = load_environment("staging", after, default_application="shop")

    assert replace(one, revision="c" * 40) == other


def test_the_image_follows_the_content_at_the_release() -> None:
    old = {RELEASE: {"app/Dockerfile": b"", "app/old": b""}}
    committed = source(WEB, others=APP)
    pinned = replace(committed, release=RELEASE, releases=old)

    image = load_environment("staging", committed, default_application="shop").services[0].image
    other = load_environment("staging", pinned, default_application="shop").services[0].image

    assert image != other


def test_a_context_that_the_release_does_not_have_is_a_problem_at_its_place() -> None:
    committed = replace(source(WEB, others=APP), release=RELEASE, releases={RELEASE: {}})

    with pytest.raises(InvalidComposeError) as caught:
        load_environment("staging", committed, default_application="shop")

    assert [str(problem) for problem in caught.value.problems] == [
        (
            f"{FILE}:2:16: services.web.build: the build context app is not in the release bbbbbbb"
            " (commit the folder, or correct the path)"
        )
    ]


def test_a_release_that_does_not_exist_is_a_problem_at_its_place() -> None:
    assert problems("x-sandbox:\n  release: missing\nservices: {}\n") == [
        "compose.yaml:2:12: x-sandbox.release: missing is not a commit (name one that exists)"
    ]


@pytest.mark.parametrize(
    ("name", "application"),
    [
        ("name: shop-staging\n", "shop"),
        ("name: shop\n", "shop"),
        ("name: staging\n", "staging"),
        ("name: '${APP}-staging'\n", "my"),
        ("name: My Shop!\n", "myshop"),
        ("", "defaultname"),
    ],
)
def test_the_application_comes_from_the_name_or_the_default(name: str, application: str) -> None:
    committed = source(f"{name}services: {{}}\n", env="APP=my")

    state = load_environment("staging", committed, default_application="Default Name")

    assert state.application == application


def test_a_name_without_a_usable_sign_is_told() -> None:
    assert "has no letter or digit" in problems("name: '!!!'\nservices: {}\n")[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "compose.yaml: there is no such file in the commit"),
        ("", "compose.yaml: the file is empty (add at least `services:`)"),
        ("# nothing\n", "compose.yaml: the file is empty (add at least `services:`)"),
    ],
)
def test_a_missing_or_empty_file_is_a_problem(text: str | None, message: str) -> None:
    assert problems(text) == [message]


def test_no_services_are_an_empty_state_and_no_problem() -> None:
    assert load("services: {}") == DesiredState(
        application="shop", environment="staging", revision=REVISION, release=REVISION
    )


def test_a_name_that_no_environment_may_have_is_a_problem() -> None:
    committed = MemorySource(files={"environments/My Env/compose.yaml": b"services: {}"})

    with pytest.raises(InvalidComposeError, match="small letters, digits"):
        load_environment("My Env", committed, default_application="shop")


PROFILES = (
    "services:\n  a: {image: x}\n  b: {image: x, profiles: [p]}\n  c: {image: x, profiles: [q]}\n"
)


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ("", ["a"]),
        ("COMPOSE_PROFILES=p", ["a", "b"]),
        ("COMPOSE_PROFILES=q, p", ["a", "b", "c"]),
        ("COMPOSE_PROFILES=*", ["a", "b", "c"]),
    ],
)
def test_only_services_of_active_profiles_are_desired(env: str, names: list[str]) -> None:
    assert [one.name for one in load(PROFILES, env=env).services] == names


def test_a_disabled_service_may_lack_what_only_it_refers_to() -> None:
    state = load(
        "services:\n"
        "  a: {image: x, profiles: [p], networks: [n], env_file: no, volumes: ['v:/v'],"
        " depends_on: [b], configs: [c]}\n"
    )

    assert state.services == ()


def test_services_are_sorted_and_know_their_place() -> None:
    state = load("services:\n  b: {image: x}\n  a: {image: x}\n")

    assert [(one.name, one.place) for one in state.services] == [
        ("a", f"{FILE}:3"),
        ("b", f"{FILE}:2"),
    ]


def test_every_plain_attribute_reaches_the_model() -> None:
    (found,) = load(
        with_service(
            "user: '1000:1000'\nworking_dir: /srv\nhostname: h\nstop_signal: SIGINT\n"
            "stop_grace_period: 1m\ninit: true\nread_only: true\ncap_add: [B, A]\ncap_drop: [ALL]\n"
            "security_opt: ['no-new-privileges:true']\n"
        )
    ).services

    assert found == Service(
        name="web",
        image="nginx:1",
        attachments=found.attachments,
        user="1000:1000",
        working_dir="/srv",
        hostname="h",
        stop_signal="SIGINT",
        stop_grace_period_s=60.0,
        init=True,
        read_only=True,
        cap_add=("A", "B"),
        cap_drop=("ALL",),
        security_opt=("no-new-privileges:true",),
        place=f"{FILE}:2",
    )


def test_the_obsolete_version_is_ignored_and_warned_of() -> None:
    assert "`version` is obsolete" in load("version: '3'\nservices: {}").warnings[0]


def test_order_comments_and_white_space_do_not_change_the_state() -> None:
    one = load("services:\n  a: {image: x, environment: [B=1, A=2], cap_add: [C, B]}\n")
    other = load(
        "# a comment\nservices:\n  a: {cap_add: [B, C], environment: {A: 2,  B: 1}, image: x}\n"
    )

    assert [replace(service, place="") for service in one.services] == [
        replace(service, place="") for service in other.services
    ]


def test_problems_of_all_steps_come_together() -> None:
    found = problems(
        "services:\n"
        "  a: {image: '${X:?needed}'}\n"
        "  b: {image: x, foo: 1}\n"
        "  c: {image: x, extends: nobody}\n"
        "  d: {image: x, ports: [x]}\n"
        "  e: {build: ../../../x}\n"
        "  f: {image: x, depends_on: [z]}\n"
        "  a: {image: x}\n",
        env="%",
    )

    assert [line.split(":")[:2] for line in found] == [
        [".env", "1"],
        *[["compose.yaml", str(line)] for line in (2, 3, 4, 5, 6, 7, 8)],
    ]


def test_problems_of_acting_come_together() -> None:
    found = problems(
        "services:\n"
        "  a: {build: ../../../x}\n"
        "  b: {image: x, restart: sometimes}\n"
        "  c: {image: x, isolation: default}\n"
        "  d: {image: x, deploy: {mode: global-job}}\n"
        "  e: {image: x, volumes: ['~/x:/x']}\n"
    )

    assert [line.split(":")[1] for line in found] == ["2", "3", "4", "5", "6"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 100_000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "./x", "v:/v", "80:80", "$X", "${X:-1}", "10s", "64m", "a=b", "/"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["source", "target", "type", "a", "test", "path", "context", "limits"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(SERVICE["properties"])), JSON, max_size=4))
def test_any_attributes_give_a_state_or_problems(attributes: dict[str, object]) -> None:
    text = f"services: {{a: {_flow(attributes)}, b: {{image: x}}}}\nvolumes: {{v: {{}}}}\n"

    state = _loaded(text)

    assert state is None or {service.name for service in state.services} <= {"a", "b"}


@given(st.text(alphabet=st.sampled_from("services: {a: image, x}[]\n-&*<'\"#|>%@`,?$!1")))
def test_any_text_gives_a_state_or_problems(text: str) -> None:
    state = _loaded(text)

    assert state is None or state.services == ()


@pytest.mark.timeout(30)
def test_more_ports_than_an_environment_may_have_are_refused() -> None:
    found = problems(
        "services:\n"
        + "".join(f"  s{i}: {{image: x, ports: ['1000-1999']}}\n" for i in range(100, 130))
    )

    assert found == [
        "compose.yaml:12:3: services.s110: the environment publishes more than 10,000 ports"
    ]


@pytest.mark.parametrize("name", ["staging", "production"])
def test_the_shipped_environments_load_without_a_warning(name: str) -> None:
    root = Path(__file__).parents[2]
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("environments", "demo_shop")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    committed = MemorySource(files=files, release=RELEASE)
    began = perf_counter()

    state = load_environment(name, committed, default_application="x")

    assert perf_counter() - began < 10
    assert (state.application, state.environment, state.warnings) == ("shop", name, ())
    assert {one.name for one in state.services} == {"web", "worker", "migrate", "db", "cache"}
    assert name in find_environments(committed)


@pytest.mark.timeout(30)
def test_a_thousand_services_load_in_seconds() -> None:
    text = "services:\n" + "".join(
        f"  s{i}: {{image: nginx, environment: {{A: '${{X:-1}}'}}, ports: ['{10000 + i}:80'],"
        f" depends_on: [s{i + 1}], healthcheck: {{test: [CMD, a], interval: 5s}}}}\n"
        for i in range(1000)
    )
    began = perf_counter()

    state = load(text + "  s1000: {image: nginx}\n")

    assert len(state.services) == 1001
    assert perf_counter() - began < 10


def _loaded(text: str) -> DesiredState | None:
    """Load, or see that every problem says where and what."""
    try:
        return load(text, others={"environments/staging/x": "1"})
    except InvalidComposeError as error:
        if not all(problem.file and problem.message for problem in error.problems):
            raise AssertionError(error.problems) from error
        return None


def _flow(value: object) -> str:
    """Write a value as YAML in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"'{key}': {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    if isinstance(value, str):
        return f"'{value}'"
    return {None: "null", True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload,no-any-return]  # 1 is True
