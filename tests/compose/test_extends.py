from sandbox.compose.extends import CHAIN_MAX
from sandbox.model.service import given_files
from tests.compose.committed import FILE, load, problems

BASE = "environments/base/compose.yaml"


def test_a_service_of_the_same_file_is_extended_in_both_forms() -> None:
    state = load(
        "services:\n"
        "  a: {image: nginx, user: one}\n"
        "  b: {extends: a, user: two}\n"
        "  c: {extends: {service: b}, hostname: c}\n"
    )

    a, b, c = state.services
    assert (a.image, a.user) == ("nginx", "one")
    assert (b.image, b.user) == ("nginx", "two")
    assert (c.image, c.user, c.hostname) == ("nginx", "two", "c")


def test_paths_of_another_file_are_relative_to_that_file() -> None:
    state = load(
        "services:\n"
        "  web: {extends: {file: ../base/compose.yaml, service: web}, env_file: own.env}\n",
        others={
            BASE: "services:\n  web:\n    build: ../../app\n    env_file: base.env\n"
            "    volumes: ['./page.html:/page.html:ro']\n",
            "environments/base/base.env": "A=base\nB=base\n",
            "environments/base/page.html": "hello",
            "environments/staging/own.env": "B=own\n",
            "app/Dockerfile": "FROM scratch",
        },
    )

    (web,) = state.services
    assert web.build is not None
    assert web.build.context == "app"
    assert web.environment == {"A": "base", "B": "own"}
    assert [(file.target, file.content) for file in given_files(web)] == [("/page.html", b"hello")]


def test_a_file_may_extend_a_further_file() -> None:
    state = load(
        "services:\n  web: {extends: {file: ../base/compose.yaml, service: web}}\n",
        others={
            BASE: "services: {web: {extends: {file: more/deep.yaml, service: x}, user: base}}",
            "environments/base/more/deep.yaml": "services: {x: {image: deep, user: deep}}",
        },
    )

    assert [(one.image, one.user) for one in state.services] == [("deep", "base")]


def test_variables_of_another_file_are_those_of_the_environment() -> None:
    state = load(
        "services:\n  web: {extends: {file: ../base/compose.yaml, service: web}}\n",
        others={
            BASE: "services: {web: {image: 'nginx:${TAG}'}}",
            "environments/base/.env": "TAG=2",
        },
        env="TAG=1",
    )

    assert state.services[0].image == "nginx:1"


def test_a_cycle_is_shown_with_its_places() -> None:
    found = problems(
        "services:\n  a: {image: x, extends: b}\n  b: {extends: c}\n  c: {extends: a}\n"
    )

    assert len(found) == 1
    assert "`extends` leads back to itself" in found[0]
    assert f"{FILE}:2 -> {FILE}:3 -> {FILE}:4 -> {FILE}:2" in found[0]


def test_a_service_that_extends_itself_is_a_cycle() -> None:
    assert "leads back to itself" in problems("services:\n  a: {image: x, extends: a}\n")[0]


def test_a_cycle_through_another_file_is_found() -> None:
    found = problems(
        "services:\n  a: {extends: {file: ../base/compose.yaml, service: b}}\n",
        others={
            BASE: "services: {b: {extends: {file: ../staging/compose.yaml, service: a}}}",
        },
    )

    assert len(found) == 1
    assert "leads back to itself" in found[0]


def test_a_problem_in_another_file_names_that_file_and_the_chain() -> None:
    found = problems(
        "services:\n  web: {extends: {file: ../base/compose.yaml, service: web}}\n",
        others={
            BASE: "services:\n  web: {image: x, extends: {file: d.yaml, service: q}}\n",
            "environments/base/d.yaml": "services:\n  q:\n    imag: y\n",
        },
    )

    assert found == [
        (
            "environments/base/d.yaml:3:5: services.web.imag: the key `imag` is unknown;"
            f" did you mean 'image'?; extended by {BASE}:2, {FILE}:2"
        )
    ]


def test_a_syntax_error_in_another_file_is_the_only_problem() -> None:
    found = problems(
        "services:\n  web: {extends: {file: ../base/compose.yaml, service: web}}\n",
        others={BASE: "services: [\n"},
    )

    assert len(found) == 1
    assert found[0].startswith(f"{BASE}:2:1: this is not YAML")
    assert found[0].endswith(f"extended by {FILE}:2")


def test_everything_that_cannot_be_extended_is_told() -> None:
    found = problems(
        "services:\n"
        "  a: {extends: {file: ../base/no.yaml, service: x}}\n"
        "  b: {extends: {file: ../base/compose.yaml, service: wbe}}\n"
        "  c: {extends: {file: ../../../x.yaml, service: x}}\n"
        "  d: {extends: {file: /etc/x.yaml, service: x}}\n"
        "  e: {extends: nobody}\n"
        "  f: {extends: {file: ../base/compose.yaml}}\n"
        "  g: {extends: {service: a, fiel: x}}\n"
        "  h: {extends: [a]}\n",
        others={BASE: "services: {web: {image: x}}"},
    )

    expected = [
        (2, "there is no file environments/base/no.yaml in the commit"),
        (3, "there is no service 'wbe' in environments/base/compose.yaml; did you mean 'web'?"),
        (4, "../../../x.yaml leads out of the repository"),
        (5, "/etc/x.yaml is not a path inside the repository"),
        (6, "there is no service 'nobody'"),
        (7, "`extends` names no service"),
        (8, "`extends` takes `service` and `file`, not `fiel`"),
        (9, "`extends` names no service"),
    ]
    assert len(found) == len(expected)
    for line, (number, message) in zip(found, expected, strict=True):
        assert line.startswith(f"compose.yaml:{number}:")
        assert message in line


def test_a_chain_without_end_is_refused() -> None:
    services = "".join(f"  s{i}: {{extends: s{i + 1}}}\n" for i in range(CHAIN_MAX + 2))

    found = problems(f"services:\n{services}  s{CHAIN_MAX + 2}: {{image: x}}\n")

    assert len(found) == 1
    assert f"goes through more than {CHAIN_MAX} services" in found[0]
