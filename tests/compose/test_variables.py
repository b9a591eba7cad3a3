import pytest

from tests.compose.committed import load, service, service_problems, with_service


def environment(attributes: str, env: str = "", **files: str) -> dict[str, str]:
    others = {f"environments/staging/{name}.env": text for name, text in files.items()}
    return dict(service(attributes, others=others, env=env).environment)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("{A: x, B: 1, C: 1.50, D: true, E: 0x10, F: 010, G: yes, H: ''}",
         {"A": "x", "B": "1", "C": "1.5", "D": "true", "E": "16", "F": "8", "G": "yes", "H": ""}),
        ("[A=x, B=, 'C=a=b']", {"A": "x", "B": "", "C": "a=b"}),
        ("[A=1, A=2]", {"A": "2"}),
        ("[KNOWN, NOPE]", {"KNOWN": "k"}),
        ("{KNOWN: , NOPE: null}", {"KNOWN": "k"}),
    ],
)  # fmt: skip
def test_both_forms_are_read_as_compose_reads_them(written: str, values: dict[str, str]) -> None:
    assert environment(f"environment: {written}", env="KNOWN=k") == values


def test_names_are_sorted() -> None:
    assert list(environment("environment: [B=1, A=1]")) == ["A", "B"]


def test_env_files_are_read_in_order_and_environment_wins() -> None:
    found = environment(
        "env_file: [a.env, {path: b.env}, {path: no.env, required: false}]\nenvironment: [C=own]",
        a="A=1\nB=1\nC=1\n",
        b="B=2\nC=2\nD=$A-$OUT\n",
        env="OUT=o",
    )

    assert found == {"A": "1", "B": "2", "C": "own", "D": "1-o"}


def test_one_env_file_may_be_a_string() -> None:
    assert environment("env_file: ./a.env", a="A='$B'") == {"A": "$B"}


def test_a_name_alone_beats_the_env_file() -> None:
    assert environment("env_file: a.env\nenvironment: [A, B]", a="A=1\nB=1", env="B=2") == {
        "B": "2"
    }


def test_the_raw_format_is_literal() -> None:
    assert environment("env_file: [{path: a.env, format: raw}]", a="A='$B'") == {"A": "'$B'"}


def test_the_process_environment_is_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_HOST", "secret")

    assert environment("environment: [FROM_HOST, 'A=${FROM_HOST:-none}']") == {"A": "none"}


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("env_file: no.env", "there is no file environments/staging/no.env in the commit"),
        (
            "env_file: [{path: no.env, required: true}]",
            "services.web.env_file[0]: there is no file",
        ),
        ("env_file: /etc/environment", "/etc/environment is not a path inside the repository"),
        ("env_file: ../../../x", "leads out of the repository"),
        ("env_file: [{path: a, format: toml, required: false}]", "must be raw, not 'toml'"),
        ("environment: [=x]", "a variable needs a name without `=`"),
        ("environment: {A: {B: c}}", "must be a string, a number or true or false, not a mapping"),
        ("environment: {A: 2026-11-23}", "not a date (not shown)"),
        (
            "labels: {dev.sandbox.instance: x}",
            "the label dev.sandbox.instance is reserved: sandbox",
        ),
        ("labels: [com.docker.compose.project=x]", "com.docker.compose.project is reserved"),
    ],
)
def test_what_cannot_be_read_is_told(attributes: str, message: str) -> None:
    (found,) = service_problems(attributes)

    assert message in found


def test_a_fault_in_an_env_file_names_that_file_and_line() -> None:
    assert service_problems(
        "env_file: a.env", others={"environments/staging/a.env": "A=1\nB C=2\n"}
    ) == ["a.env:2: this is not `NAME=value`"]


def test_a_fault_in_dotenv_names_that_file_and_line() -> None:
    assert service_problems("user: x", env="A=1\nB='\n") == [
        ".env:2: the value begins with ' and never ends with it"
    ]


def test_an_env_file_that_is_no_text_or_too_large_is_told() -> None:
    for content, message in ((b"\xff", "is not UTF-8 text"), (b"#" * (2**20 + 1), "larger than")):
        (found,) = service_problems("env_file: a", others={"environments/staging/a": content})
        assert message in found


def test_labels_take_both_forms() -> None:
    assert service("labels: [a, b=c=d]").labels == {"a": "", "b": "c=d"}
    assert service("labels: {b: 1, a: true, c: }").labels == {"a": "true", "b": "1", "c": ""}


def test_an_unset_variable_in_dotenv_is_warned_of_with_its_place() -> None:
    assert load(with_service(""), env="A=1\nB=$NOPE\n").warnings == (
        (
            "environments/staging/.env:2: the variable NOPE is not set; it reads as empty"
            " (set it in `environments/staging/.env`, or write `${NOPE:-}` for empty,"
            " `$$` for a dollar sign)"
        ),
    )
