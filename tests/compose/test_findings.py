from sandbox.compose.findings import Findings, Place, path_text
from sandbox.compose.node import Mark


def mark(file: str = "own", line: int = 1, column: int = 1) -> Mark:
    return Mark(file=file, line=line, column=column)


def test_a_path_is_written_with_dots_and_brackets() -> None:
    assert path_text(("services", "web", "ports", 0, "target")) == "services.web.ports[0].target"
    assert path_text(()) == ""


def test_problems_are_sorted_by_place_and_equal_ones_are_kept_once() -> None:
    findings = Findings("own")
    for line in (3, 1, 2, 3):
        findings.problem(mark(line=line), ("a",), "wrong")
    findings.problem(mark(line=3), ("b",), "wrong")
    findings.problem(mark(line=3), ("a",), "wrong, too")

    assert [(one.line, one.path, one.message) for one in findings.problems] == [
        (1, "a", "wrong"),
        (2, "a", "wrong"),
        (3, "a", "wrong"),
        (3, "a", "wrong, too"),
    ]


def test_what_is_closed_takes_no_further_problem() -> None:
    findings = Findings("own")
    findings.problem(mark(), ("a",), "first")
    findings.close(mark())
    findings.problem(mark(), ("a",), "second")

    assert [one.message for one in findings.problems] == ["first"]


def test_everything_above_a_problem_is_spoiled_and_nothing_beside_it() -> None:
    findings = Findings("own")
    findings.problem(mark(), ("services", "web", "image"), "wrong")

    assert findings.is_spoiled(("services",))
    assert findings.is_spoiled(("services", "web"))
    assert not findings.is_spoiled(("services", "db"))
    assert not findings.is_spoiled(("services", "web", "image", "x"))


def test_a_problem_in_another_file_says_how_that_came_into_play() -> None:
    findings = Findings("own")
    findings.extended("base", "web", "extended by own:1")
    findings.extended("base", "db", "extended by own:2")
    findings.problem(mark("base"), ("services", "db", "x"), "wrong")
    findings.problem(mark("base", 2), (), "broken")

    assert [one.message for one in findings.problems] == [
        "wrong; extended by own:2",
        "broken; extended by own:1",
    ]


def test_a_warning_names_place_and_path_and_is_kept_once() -> None:
    findings = Findings("own")
    place = Place(findings=findings, path=("services",)).at("web", "ports", 0)
    place.warn(mark(line=7), "careful")
    place.warn(mark(line=7), "careful")

    assert findings.warnings == ("own:7: services.web.ports[0]: careful",)
