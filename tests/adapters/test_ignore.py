"""A build sends the files that `docker build` sends; `make ignore` compares a thousand contexts."""

from collections.abc import Iterator

import pytest

from sandbox.adapters.docker_engine.ignore import without_ignored
from sandbox.errors import ImageError
from tests.ignore.cases import Case
from tests.ignore.comparison import compare, compared
from tests.ignore.docker_client import DockerClient, docker_client

CASES = 40
FILES = frozenset({"a.md", "ign/a/test", "ign/latest", "ign/x", "keep/x", "keep/test", "test"})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerClient]:
    with docker_client(tmp_path_factory.mktemp("client")) as client:
        yield client


def case(ignored: str) -> Case:
    return Case(files=FILES, ignored=ignored, dockerfile="Dockerfile")


def test_contexts_by_chance_send_what_docker_build_sends() -> None:
    outcomes = list(compared(CASES, seed=11))

    assert [one for one in outcomes if not one.is_equal] == []
    assert sum(one.is_telling for one in outcomes) > CASES // 5


@pytest.mark.parametrize(
    ("ignored", "sent"),
    [
        # An ignored folder is entered only for an exception that begins with its path.
        ("ign/\n!**test\n", FILES - {"ign/a/test", "ign/latest", "ign/x"}),
        ("ign\n!ign/a\n", FILES - {"ign/latest", "ign/x"}),
        ("ign\n!ign/*/test\n", FILES - {"ign/a/test", "ign/latest", "ign/x"}),
        ("*\n!keep/te*\n", {"keep/test"}),
        ("*\n!**/test\n", {"test"}),
        ("**test\n!keep\n", {"a.md", "ign/x", "keep/x"}),
        ("\ufeff# none\r\n/ign/\r\n", FILES - {"ign/a/test", "ign/latest", "ign/x"}),
        (" # none\n", FILES),
        ("Dockerfile\n.dockerignore\nkeep/../ign\n", FILES - {f for f in FILES if "ign/" in f}),
        ("[!a].md\n./!test\n", FILES - {"a.md"}),
        ("t*/[a*\na.md\n", FILES - {"a.md"}),
    ],
)  # fmt: skip
def test_a_list_means_what_docker_build_makes_of_it(
    ignored: str, sent: frozenset[str], client: DockerClient
) -> None:
    found = compare(case(ignored), client)

    assert found.theirs == sent | {"Dockerfile", ".dockerignore"}
    assert found.ours == found.theirs


@pytest.mark.parametrize("ignored", ["[a\n", "!\n", "!/\n", "a\\\n", "[]a]\n", "[b-a]\n"])
def test_a_malformed_pattern_is_refused_as_docker_build_refuses_it(
    ignored: str, client: DockerClient
) -> None:
    assert compare(case(ignored), client).theirs is None
    with pytest.raises(ImageError, match=r"^\.dockerignore: .* is no pattern") as failed:
        without_ignored(case(ignored).tar(), "Dockerfile")
    assert (failed.value.temporary, failed.value.remedy) == (
        False,
        "fix .dockerignore of the build context, and commit",
    )
