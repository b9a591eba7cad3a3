import json
import time
from typing import Any

import pytest

from sandbox.compose.node import plain
from sandbox.render.config import config_json, config_model, config_text
from tests.compose.memory import FOLDER, project, project_problems, services

ONE = "services: {a: {image: 'i:$TAG', volumes: ['./d:/d']}}\n"


def image(files: dict[str, str], **options: Any) -> object:
    return services(project(files, **options))["a"]["image"]


def test_the_folder_of_the_first_file_is_where_all_paths_and_variables_begin() -> None:
    files = {"s/one.yaml": ONE, "over.yaml": "services: {a: {build: ./ctx}}", "s/.env": "TAG=s"}

    found = services(project(files, names=["s/one.yaml", "over.yaml"]))["a"]

    assert found["image"] == "i:s"
    assert found["build"] == {"context": f"{FOLDER}/s/ctx", "dockerfile": "Dockerfile"}


def test_a_project_directory_moves_paths_and_variables() -> None:
    files = {"s/one.yaml": ONE, "s/.env": "TAG=s", "t/.env": "TAG=t"}

    loaded = project(files, names=["s/one.yaml"], directory="t")

    (mount,) = services(loaded)["a"]["volumes"]
    assert (services(loaded)["a"]["image"], mount["source"]) == ("i:t", f"{FOLDER}/t/d")
    assert loaded.name == "t"


def test_given_variables_are_stronger_than_env_files_and_the_last_of_these_wins() -> None:
    files = {"compose.yaml": ONE, ".env": "TAG=dot", "a.env": "TAG=a", "b.env": "TAG=b"}

    assert image(files) == "i:dot"
    assert image(files, env_files=["a.env", "b.env"]) == "i:b"
    assert image(files, environment={"TAG": "given"}) == "i:given"
    assert image(files, environment={"COMPOSE_ENV_FILES": "b.env,a.env"}) == "i:a"


@pytest.mark.parametrize(
    ("files", "options", "name"),
    [
        ({"compose.yaml": ONE}, {}, "shop"),
        ({"compose.yaml": "name: My.Shop\n" + ONE}, {}, "myshop"),
        ({"compose.yaml": "name: n-$TAG\n" + ONE}, {"environment": {"TAG": "x"}}, "n-x"),
        ({"compose.yaml": "name: n\n" + ONE, ".env": "COMPOSE_PROJECT_NAME=e"}, {}, "e"),
        ({"compose.yaml": "name: n\n" + ONE, ".env": "COMPOSE_PROJECT_NAME=e"}, {"name": "p"}, "p"),
    ],
)
def test_the_name_of_a_project(files: dict[str, str], options: dict[str, Any], name: str) -> None:
    loaded = project(files, **options)

    assert (loaded.name, config_model(loaded.tree)["name"]) == (name, name)


@pytest.mark.parametrize("name", ["Big", "-a", "a b", "é"])
def test_a_name_from_outside_must_be_one(name: str) -> None:
    (problem,) = project_problems({"compose.yaml": ONE}, name=name)

    assert problem.startswith(f"compose.yaml: name: {name!r} is not a name for a project")


def test_a_name_of_no_letters_is_told() -> None:
    (problem,) = project_problems({"compose.yaml": "name: '!!'\n" + ONE})

    assert problem.startswith("compose.yaml:1:7: name: '!!' has no letter or digit")


@pytest.mark.parametrize("first", ["compose.yaml", "compose.yml", "docker-compose.yml"])
@pytest.mark.parametrize("over", ["compose.override.yml", "docker-compose.override.yaml"])
def test_files_of_the_usual_names_are_found_above_with_their_override(
    first: str, over: str
) -> None:
    files = {first: ONE, over: "services: {a: {command: run}}\n", "docker-compose.yaml": "{}"}

    loaded = project(files, folder=f"{FOLDER}/s/t")

    assert services(loaded)["a"]["command"] == ["run"]


def test_files_may_be_named_by_a_variable() -> None:
    env = "COMPOSE_FILE=s/one.yaml,over.yaml\nCOMPOSE_PATH_SEPARATOR=,\nTAG=x\n"
    files = {".env": env, "s/one.yaml": ONE, "over.yaml": "services: {a: {command: run}}\n"}

    assert services(project(files))["a"]["command"] == ["run"]


def test_the_lack_of_any_file_is_told() -> None:
    (problem,) = project_problems({})

    assert problem.startswith(f"{FOLDER}: there is no Compose file here (compose.yaml, ")


def test_a_file_that_is_named_and_not_there_is_told() -> None:
    found = project_problems({"compose.yaml": ONE}, names=["no.yaml"], env_files=["no.env"])

    assert found == ["no.env: there is no such file", "no.yaml: there is no such file"]


PROFILES = (
    "services: {a: {image: i}, b: {image: i, profiles: [p]}, c: {image: i, profiles: [q, r]}}\n"
)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["a"]),
        ({"profiles": ["p"]}, ["a", "b"]),
        ({"profiles": ["r"]}, ["a", "c"]),
        ({"profiles": ["*"]}, ["a", "b", "c"]),
        ({"environment": {"COMPOSE_PROFILES": "p,q"}}, ["a", "b", "c"]),
        ({"environment": {"COMPOSE_PROFILES": "p"}, "profiles": ["q"]}, ["a", "c"]),
    ],
)
def test_profiles_choose_services(options: dict[str, Any], names: list[str]) -> None:
    loaded = project({"compose.yaml": PROFILES}, **options)

    assert sorted(services(loaded)) == names
    assert sorted([*loaded.disabled, *names]) == ["a", "b", "c"]


@pytest.mark.parametrize(("profiles", "names"), [([], ["a"]), (["p"], [])])
def test_a_profile_without_a_name_is_active_when_none_is_named(
    profiles: list[str], names: list[str]
) -> None:
    loaded = project(
        {"compose.yaml": "services: {a: {image: i, profiles: ['']}}\n"}, profiles=profiles
    )

    assert sorted(services(loaded)) == names


def test_what_no_service_uses_is_dropped() -> None:
    text = """
services:
  a: {image: i, networks: [n], volumes: ['vol:/v'], secrets: [s], configs: [c]}
  b: {image: i, profiles: [p], networks: [m], volumes: ['other:/w']}
networks: {n: {}, m: {}}
volumes: {vol: {}, other: {}, anything: {}}
secrets: {s: {file: s}, t: {file: t}}
configs: {c: {file: c}, d: {file: d}}
"""

    tree: Any = plain(project({"compose.yaml": text}).tree)

    keys = ("networks", "volumes", "secrets", "configs")
    assert [list(tree[key]) for key in keys] == [["n"], ["vol"], ["s"], ["c"]]


def test_reset_and_override_take_away_what_earlier_files_and_bases_say() -> None:
    files = {
        "compose.yaml": """
services:
  a: {image: i, ports: ['1:1'], environment: {A: 1, B: 2}, command: x}
  b: {extends: a, ports: !override ['2:2'], command: !reset null}
""",
        "over.yaml": "services: {a: {ports: !override ['3:3'], environment: {A: !reset null}}}\n",
    }

    found = services(project(files, names=["compose.yaml", "over.yaml"]))

    published = {name: [port["published"] for port in one["ports"]] for name, one in found.items()}
    assert published == {"a": ["3"], "b": ["2"]}
    assert found["a"]["environment"] == {"B": "2"}
    assert found["b"]["command"] is None


def test_an_override_need_not_be_valid_alone_but_the_whole_must_be() -> None:
    over = "services: {a: {build: {target: t}}}\n"
    files = {"compose.yaml": "services: {a: {build: .}}\n", "over.yaml": over}

    built = services(project(files, names=["compose.yaml", "over.yaml"]))["a"]["build"]

    assert built == {"context": FOLDER, "dockerfile": "Dockerfile", "target": "t"}
    (problem,) = project_problems(
        {"compose.yaml": ONE, "o.yaml": "services: {a: {security_opt: [x, x]}}"},
        names=["compose.yaml", "o.yaml"],
    )
    assert problem.startswith("o.yaml:1:")


def test_several_documents_of_a_file_are_laid_over_each_other() -> None:
    loaded = project({"compose.yaml": ONE + "---\nservices: {a: {command: run}}\n"})

    assert services(loaded)["a"]["command"] == ["run"]


def test_all_problems_are_told_at_once_by_place() -> None:
    files = {
        "compose.yaml": """
include: [no.yaml]
services:
  a: {image: i, comand: x, scale: many}
  b: {image: '${X:?give X}', extends: nobody}
  c: {image: i, depends_on: [d], networks: [m]}
""",
    }

    found = project_problems(files)

    starts = [problem.split(": ")[1] for problem in found]
    assert starts == [
        "include[0]",
        "services.a.comand",
        "services.a.scale",
        "services.b.image",
        "services.b.extends",
        "services.c.depends_on.d",
        "services.c.networks.m",
    ]


EVERYTHING = """
name: everything
services:
  a:
    image: "i:1"
    command: echo $$HOME "a b"
    environment: {A: "$$x", B: "010", C: null, D: "line\\nline", E: "yes", F: "1e3", G: " a "}
    ports: ["8000-8001:80-81", "127.0.0.1:53:53/udp"]
    volumes: ["data:/data", "./here:/there:ro", {type: tmpfs, target: /t}]
    depends_on: {b: {condition: service_healthy}}
    healthcheck: {test: "true", interval: 1m30s}
    deploy: {resources: {limits: {cpus: "0.5", memory: 1g}}}
    labels: ["a=b", "# no comment"]
  b:
    build: {context: ., args: [X=1]}
    healthcheck: {test: [CMD, x]}
    ulimits: {nofile: {soft: 1, hard: 2}}
    x-more: {date: 2020-01-01, list: [1, 2.5, true, null]}
volumes: {data: {}}
"""


def test_loading_what_was_printed_gives_the_same_model_again() -> None:
    first = project({"compose.yaml": EVERYTHING})

    for printed in (config_json(first.tree), config_text(first.tree)):
        again = project({"compose.yaml": printed})
        assert config_text(again.tree) == config_text(first.tree)


def test_printed_json_doubles_dollars_and_has_the_keys_of_compose() -> None:
    document = json.loads(config_json(project({"compose.yaml": EVERYTHING}).tree))

    assert list(document) == ["name", "services", "networks", "volumes"]
    assert document["services"]["a"]["environment"]["A"] == "$$x"


def test_ten_times_the_services_take_about_ten_times_as_long() -> None:
    one = "{image: i, environment: {A: '$B'}, ports: ['80'], volumes: ['data:/v'], networks: [n]}"

    def took_s(number: int) -> float:
        text = "services:\n" + "".join(f"  s{i}: {one}\n" for i in range(number))
        files = {"compose.yaml": text + "volumes: {data: }\nnetworks: {n: }\n"}
        began = time.process_time()
        assert len(services(project(files))) == number
        return time.process_time() - began

    few = min(took_s(100) for _ in range(3))
    # Ten times the square would be a hundred times as long.
    assert took_s(1000) < 40 * few
