from dataclasses import replace

from sandbox.delivery.redaction import redacted
from tests.builders import a_file, a_service

SERVICE = replace(
    a_service(environment={"DB_PASSWORD": "opensesame", "PIN_TOKEN": "abc", "HEADLINE": "Hello"}),
    files=(
        replace(a_file("/run/secrets/key", b"first-line\nopensesame-too\n"), secret=True),
        a_file("/etc/app.conf", b"harmless"),
    ),
)


def test_values_of_secret_variables_and_files_are_taken_out() -> None:
    lines = ("cannot log in with opensesame", "key: first-line / opensesame-too", "nothing here")

    assert redacted(lines, SERVICE) == ("cannot log in with ***", "key: *** / ***", "nothing here")


def test_everything_else_stays() -> None:
    lines = ("Hello from harmless, abc",)

    assert redacted(lines, SERVICE) == lines
