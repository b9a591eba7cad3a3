import pytest

from sandbox.compose.include import CHAIN_MAX
from tests.compose.memory import FOLDER, project, project_problems, services

INNER = "services: {inner: {image: 'i:${TAG:-none}', build: .}}\n"


@pytest.mark.parametrize(
    "entry",
    ["sub/c.yaml", "{path: sub/c.yaml}", "{path: [sub/c.yaml]}", "./sub/../sub/c.yaml"],
)
def test_each_form_of_an_entry_is_read_with_paths_from_its_own_folder(entry: str) -> None:
    loaded = project({"compose.yaml": f"include: [{entry}]\n", "sub/c.yaml": INNER})

    assert services(loaded)["inner"]["build"] == {
        "context": f"{FOLDER}/sub",
        "dockerfile": "Dockerfile",
    }


def test_several_paths_are_laid_over_each_other() -> None:
    more = "services: {inner: {command: run}}\n"
    files = {
        "compose.yaml": "include: [{path: [sub/c.yaml, more.yaml]}]\n",
        "sub/c.yaml": INNER,
        "more.yaml": more,
    }

    found = services(project(files))["inner"]

    assert (found["image"], found["command"]) == ("i:none", ["run"])


def test_a_project_directory_moves_where_paths_begin() -> None:
    text = "include: [{path: sub/c.yaml, project_directory: other}]\n"

    loaded = project({"compose.yaml": text, "sub/c.yaml": INNER, "other/.env": "TAG=o"})

    inner = services(loaded)["inner"]
    assert inner["image"] == "i:o"
    assert inner["build"] == {"context": f"{FOLDER}/other", "dockerfile": "Dockerfile"}


@pytest.mark.parametrize(
    ("entry", "tag"),
    [
        ("{path: sub/c.yaml}", "sub"),
        ("{path: sub/c.yaml, env_file: own.env}", "own"),
        ("{path: sub/c.yaml, env_file: [sub/.env, own.env]}", "own"),
        ("{path: sub/c.yaml, env_file: /dev/null}", "none"),
    ],
)
def test_the_variables_of_an_included_project_are_its_own(entry: str, tag: str) -> None:
    files = {
        "compose.yaml": f"include: [{entry}]\nservices: {{a: {{image: 'a:${{TAG:-outer}}'}}}}\n",
        "sub/c.yaml": INNER,
        "sub/.env": "TAG=sub",
        "own.env": "TAG=own",
    }

    found = services(project(files))

    assert (found["inner"]["image"], found["a"]["image"]) == (f"i:{tag}", "a:outer")


def test_the_variables_of_the_outer_project_are_stronger() -> None:
    files = {
        "compose.yaml": "include: [sub/c.yaml]\n",
        "sub/c.yaml": INNER,
        "sub/.env": "TAG=sub",
        ".env": "TAG=outer",
    }

    assert services(project(files))["inner"]["image"] == "i:outer"


def test_an_included_service_may_be_changed_by_a_later_file_and_by_no_other() -> None:
    files = {
        "compose.yaml": "include: [sub/c.yaml]\n",
        "over.yaml": "services: {inner: {command: run}}\n",
        "sub/c.yaml": INNER,
        "both.yaml": "include: [sub/c.yaml]\nservices: {inner: {command: run}}\n",
    }

    loaded = project(files, names=["compose.yaml", "over.yaml"])

    assert services(loaded)["inner"]["command"] == ["run"]
    (problem,) = project_problems(files, names=["both.yaml"])
    assert problem.startswith("both.yaml:2:12: services.inner: 'inner' is already defined at")
    assert "sub/c.yaml:1, which is included, and differs" in problem


def test_the_same_thing_may_be_included_twice() -> None:
    files = {"compose.yaml": "include: [sub/c.yaml, {path: sub/c.yaml}]\n", "sub/c.yaml": INNER}

    assert list(services(project(files))) == ["inner"]


def test_an_included_project_may_include_a_further_one() -> None:
    files = {
        "compose.yaml": "include: [a/c.yaml]\n",
        "a/c.yaml": "include: [b/c.yaml]\n",
        "a/b/c.yaml": INNER,
    }

    assert "inner" in services(project(files))


def test_what_is_wrong_in_an_included_file_names_that_file_and_the_chain() -> None:
    files = {
        "compose.yaml": "include:\n  - a/c.yaml\n",
        "a/c.yaml": "include: [b/c.yaml]\n",
        "a/b/c.yaml": "services:\n  inner:\n    image: i\n    comand: x\n",
    }

    (problem,) = project_problems(files)

    assert problem.startswith("a/b/c.yaml:4:5: services.inner.comand: ")
    assert "did you mean 'command'?; included by a/c.yaml:1, compose.yaml:2" in problem


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ("no.yaml", "include: `include` must be a list of files"),
        ("[no.yaml]", "include[0]: there is no file no.yaml (add it, or correct the path)"),
        ("[[a.yaml]]", "include[0]: a path or a mapping with `path:` is needed here"),
        ("[{path: {a: b}}]", "include[0]: a path is needed here"),
        ("['https://host/c.yaml']", "remote Compose files are not read"),
        ("['oci://host/c']", "remote Compose files are not read"),
        ("['git@host:a/b']", "remote Compose files are not read"),
        ("[compose.yaml]", "leads back to itself: compose.yaml -> compose.yaml"),
        ("[{path: c.yaml, env_file: no.env}]", "include[0].env_file: there is no file no.env"),
    ],
)
def test_everything_that_cannot_be_included_is_told(include: str, message: str) -> None:
    files = {"compose.yaml": f"services: {{a: {{image: i}}}}\ninclude: {include}\n", "c.yaml": "{}"}

    (problem,) = project_problems(files)

    assert problem.startswith("compose.yaml:2:")
    assert message in problem


def test_an_entry_that_names_nothing_or_an_unknown_key_is_warned_of() -> None:
    text = "services: {a: {image: i}}\ninclude: [{}, {path: c.yaml, pth: x}]\n"

    loaded = project({"compose.yaml": text, "c.yaml": "{}"})

    assert loaded.findings.warnings == (
        "compose.yaml:2: include[0]: names no file, so nothing is included",
        "compose.yaml:2: include[1].pth: `include` does not know `pth`",
    )


def test_a_chain_without_end_is_refused() -> None:
    files = {f"c{i}.yaml": f"include: [c{i + 1}.yaml]\n" for i in range(CHAIN_MAX + 2)}

    found = project_problems(files, names=["c0.yaml"])

    assert any(f"goes through more than {CHAIN_MAX} files" in problem for problem in found)
