import pytest

from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import Mark
from sandbox.compose.paths import folder_of, resolve_path

MARK = Mark(file="environments/staging/compose.yaml", line=3, column=5)


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("./a", "environments/staging/a"),
        ("a/./b/", "environments/staging/a/b"),
        (".", "environments/staging"),
        ("../base/a", "environments/base/a"),
        ("../..", "."),
        ("..a", "environments/staging/..a"),
        ("", None),
        ("a\0b", None),
        ("/a", None),
        ("~/a", None),
        ("\\a", None),
        ("https://example.org/a", None),
        ("../../..", None),
        ("../../../a", None),
        ("a/../../../../b", None),
    ],
)
def test_a_path_stays_in_the_repository_or_is_a_problem(written: str, resolved: str | None) -> None:
    findings = Findings(MARK.file)

    found = resolve_path(written, folder_of(MARK), MARK, Place(findings=findings, path=("a",)))

    assert found == resolved
    assert len(findings.problems) == (resolved is None)
