import json

from sandbox.model.diagnosis import Check, CheckStatus
from sandbox.render.doctor import doctor_fields, doctor_text
from sandbox.render.documents import document

CHECKS = (
    Check(name="engine", status=CheckStatus.PASS, detail="version 20.10.24"),
    Check(name="port 8081", status=CheckStatus.WARN, detail="held by nginx", remedy="stop nginx"),
    Check(
        name="git", status=CheckStatus.FAIL, detail="there is none", remedy="apt-get install git"
    ),
)


def test_the_text_is_a_line_a_check_with_its_remedy_below() -> None:
    assert doctor_text(CHECKS).splitlines() == [
        "pass  engine     version 20.10.24",
        "warn  port 8081  held by nginx",
        "                 remedy: stop nginx",
        "fail  git        there is none",
        "                 remedy: apt-get install git",
    ]


def test_the_json_document_holds_the_four_fields_of_every_check() -> None:
    read = json.loads(document(doctor_fields(CHECKS)))

    assert read["schema"] == 1
    assert read["checks"][1] == {
        "name": "port 8081",
        "status": "warn",
        "detail": "held by nginx",
        "remedy": "stop nginx",
    }
    assert [check["status"] for check in read["checks"]] == ["pass", "warn", "fail"]
