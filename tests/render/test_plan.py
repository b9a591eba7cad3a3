import json
from dataclasses import replace

from sandbox.model.forecast import Forecast, NameMove, Replacement
from sandbox.model.quarantine import Quarantine
from sandbox.render.plan import plan_json, plan_text, preview_json, preview_text
from tests.builders import (
    NOW,
    OLD_REVISION,
    REVISION,
    a_desired_state,
    a_file,
    a_plan,
    a_running_state,
    a_service,
)
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


FORECAST = Forecast(
    replaced=(
        Replacement(service="db", downtime=True, ports=("127.0.0.1:5432",)),
        Replacement(service="queue", downtime=True),
        Replacement(service="web", downtime=False),
    ),
    images=("shop/web:1",),
    jobs=("migrate",),
    gates=("smoke", "tests"),
)
GIVEN_UP = Quarantine(
    environment="staging",
    revision=REVISION,
    reason="web ended\x1b[2J with 7\nmore",
    since=NOW,
    serving=OLD_REVISION,
)


def test_a_plan_is_followed_by_what_it_comes_to() -> None:
    text = preview_text(CASES["one variable changed"](), FORECAST)
    assert text.startswith(plan_text(CASES["one variable changed"]()))
    assert text.partition("summary\n")[2].splitlines() == [
        "  replaced   db: the old one stops first, downtime at 127.0.0.1:5432",
        "  replaced   queue: the old one stops first, downtime",
        "  replaced   web: the new one starts first, no downtime",
        "  built      shop/web:1",
        "  jobs run   migrate",
        "  gates run  smoke, tests",
    ]


def test_a_plan_says_where_the_name_of_the_environment_leads_before_and_after() -> None:
    plan = CASES["one variable changed"]()
    moved = Forecast(name_move=NameMove(host="staging.localhost", before="web", after="api"))
    line = "  name  staging.localhost leads to api; until now it leads to web"
    assert preview_text(plan, moved).splitlines()[-1] == line
    document = json.loads(json.dumps(preview_json(plan, moved)))
    assert document["summary"]["name_move"] == {
        "host": "staging.localhost",
        "before": "web",
        "after": "api",
    }
    gone = Forecast(name_move=NameMove(host="staging.localhost", before="web", after=""))
    assert "staging.localhost leads nowhere; until now" in preview_text(plan, gone)


def test_a_plan_that_is_the_way_back_says_what_is_given_up() -> None:
    plan = CASES["everything is as declared"]()
    assert preview_text(plan, Forecast(), GIVEN_UP).splitlines() == [
        "1a2b3c4 failed and is in quarantine: web ended with 7",
        "this plan rolls back to 0d0d0d0; a newer commit replaces it",
        plan_text(plan),
    ]


def test_scripts_get_the_summary_beside_the_steps() -> None:
    document = json.loads(json.dumps(preview_json(CASES["one variable changed"](), FORECAST)))
    assert document["steps"]
    assert document["quarantine"] is None
    assert document["summary"]["gates"] == ["smoke", "tests"]
    assert document["summary"]["replaced"][0] == {
        "service": "db",
        "downtime": True,
        "ports": ["127.0.0.1:5432"],
    }
    given_up = preview_json(CASES["everything is as declared"](), Forecast(), GIVEN_UP)
    assert given_up["quarantine"]["serving"] == OLD_REVISION  # type: ignore[index, call-overload] # JSON
