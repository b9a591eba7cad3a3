"""
The committed file of a pipeline: what is read, and what is refused with its place.
"""

import pytest

from sandbox.adapters.template import template_files
from sandbox.compose.pipeline import STAGES_MAX, read_pipeline
from sandbox.errors import InvalidComposeError
from sandbox.model.pipeline import Stage, StageKind

ENVIRONMENTS = ("production", "staging")
WHOLE = b"""\
stages:
  - build: [staging, production]
  - test: staging
  - deploy: staging
  - {verify: staging, name: smoke}
  - approve: Look at it.
  - release: production
"""


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidComposeError) as caught:
        read_pipeline(text.encode(), ENVIRONMENTS)
    return [str(each).removeprefix("environments/pipeline.yaml:") for each in caught.value.problems]


def test_stages_are_read_in_their_order_with_names_from_what_they_do() -> None:
    def place(line: int) -> str:
        return f"environments/pipeline.yaml:{line}"

    assert read_pipeline(WHOLE, ENVIRONMENTS) == (
        Stage(
            name="build staging production",
            kind=StageKind.BUILD,
            environments=("staging", "production"),
            place=place(2),
        ),
        Stage(name="test staging", kind=StageKind.TEST, environments=("staging",), place=place(3)),
        Stage(
            name="deploy staging", kind=StageKind.DEPLOY, environments=("staging",), place=place(4)
        ),
        Stage(name="smoke", kind=StageKind.VERIFY, environments=("staging",), place=place(5)),
        Stage(name="approve", kind=StageKind.APPROVE, question="Look at it.", place=place(6)),
        Stage(
            name="release production",
            kind=StageKind.RELEASE,
            environments=("production",),
            place=place(7),
        ),
    )


def test_a_question_may_be_left_out() -> None:
    (stage,) = read_pipeline(b"stages: [{approve: }]", ENVIRONMENTS)
    assert (stage.kind, stage.question) == (StageKind.APPROVE, "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty (add at least `stages:`)"),
        ("# none\n", "the file is empty (add at least `stages:`)"),
        ("steps: []\n", "1:1: unknown key 'steps'; did you mean 'stages'? (allowed: stages)"),
        ("stages:\n", "1:1: stages: a list of stages is expected"),
        ("stages: {build: staging}\n", "1:1: stages: a list of stages is expected"),
        ("stages: [deploy]\n", "1:10: stages[0]: a stage is a mapping, such as `deploy: staging`"),
        (
            "stages: [{name: x}]\n",
            (
                "1:10: stages[0]: a stage does one of build, test, deploy, verify, approve,"
                " release; this one does none"
            ),
        ),
        (
            "stages:\n  - {deploy: staging, test: staging}\n",
            (
                "2:5: stages[0]: a stage does one of build, test, deploy, verify, approve, release;"
                " this one does test and deploy"
            ),
        ),
        ("stages: [{depoy: staging}]\n", "unknown key 'depoy'; did you mean 'deploy'?"),
        (
            "stages:\n  - deploy: stagin\n",
            (
                "2:13: stages[0].deploy: there is no environment 'stagin' in this commit;"
                " did you mean 'staging'? (there are: production, staging)"
            ),
        ),
        ("stages: [{deploy: [staging, production]}]\n", "one environment is expected"),
        ("stages: [{build: }]\n", "the name of an environment is expected"),
        ("stages: [{build: {a: b}}]\n", "there is no environment ''"),
        ("stages: [{approve: [a]}]\n", "a text is expected"),
        ("stages: [{deploy: staging, name: ''}]\n", "stages[0].name: must be a short text"),
        (
            "stages: [{deploy: staging}, {deploy: staging}]\n",
            "there is a stage 'deploy staging' already (give it another `name`)",
        ),
        (
            "stages: [{release: production}]\n",
            "a release takes what an earlier stage deployed, and none before it does",
        ),
        ("stages:\n" + "  - build: staging\n" * (STAGES_MAX + 1), "more than 50 stages"),
        ("stages: []\nstages: []\n", "stages"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, problem: str) -> None:
    assert any(problem in each for each in problems(text)), problems(text)


def test_all_mistakes_are_told_at_once() -> None:
    assert len(problems("stages: [{deploy: x}, {test: y}, {verfy: z}]\n")) >= 3


def test_the_shipped_pipeline_is_one_of_the_shipped_environments() -> None:
    content, _ = template_files()["environments/pipeline.yaml"]
    kinds = [stage.kind for stage in read_pipeline(content, ENVIRONMENTS)]
    assert kinds == list(StageKind)
