import json
from dataclasses import replace

from sandbox.render.plan import plan_json, plan_text
from tests.builders import a_desired_state, a_file, a_plan, a_running_state, a_service
from tests.planning.cases import CASES


def test_a_plan_without_anything_says_so_and_names_the_commit() -> None:
    text = plan_text(CASES["everything is as declared"]())
    assert text == "nothing to do: staging is in sync with 1a2b3c4"


def test_the_json_form_holds_what_scripts_rely_on() -> None:
    document = json.loads(json.dumps(plan_json(CASES["one variable changed"]())))
    assert (document["environment"], document["revision"][:7]) == ("staging", "1a2b3c4")
    assert document["steps"][0] == {
        "id": "create web-1",
        "action": "create_container",
        "target": "web-1",
        "service": "web",
        "reason": "environment.HEADLINE changed: Hello -> Hi",
        "changes": [{"field": "environment.HEADLINE", "old": "Hello", "new": "Hi"}],
        "depends_on": [],
        "after": [],
    }
    held = plan_json(CASES["a foreign volume has our name"]())
    assert [hold["reason"] for hold in held["holds"]] == ["dependency_held", "name_taken"]  # type: ignore[index, union-attr, call-overload] # JSON


def test_neither_form_shows_a_secret() -> None:
    def shop(password: str) -> str:
        service = a_service(
            environment={"DB_PASSWORD": password},
            files=[a_file("/run/secrets/pin", password.encode(), secret=True)],
        )
        before = a_running_state(a_desired_state(a_service(environment={"DB_PASSWORD": "old"})))
        plan = a_plan(a_desired_state(service), before)
        return plan_text(plan) + json.dumps(plan_json(plan))

    assert "hunter2" not in shop("hunter2")
    assert "environment.DB_PASSWORD" in shop("hunter2")


def test_escape_codes_of_a_commit_do_not_reach_the_terminal() -> None:
    desired = a_desired_state(a_service(environment={"A": "\x1b[31mred\nline"}))
    text = plan_text(a_plan(desired, a_running_state(a_desired_state(a_service()))))
    assert "\x1b" not in text
    assert "red line" in text


def test_what_only_waits_says_so() -> None:
    waiting = CASES["an interrupted run left a container that is not ready"]()
    assert "only to wait" in plan_text(waiting)


def test_a_plan_of_nothing_but_text_is_the_same_each_time() -> None:
    plan = CASES["the definition of a network changed"]()
    assert plan_text(plan) == plan_text(replace(plan))
