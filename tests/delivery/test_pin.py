from difflib import ndiff

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.dotenv import parse_dotenv
from sandbox.compose.template import Variables
from sandbox.delivery.pin import set_release
from sandbox.errors import SourceError, UsageError

OLD = "a" * 40
NEW = "b" * 40


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "RELEASE={}\n"),
        ("RELEASE=", "RELEASE={}"),
        ("RELEASE=old\n", "RELEASE={}\n"),
        ("A=1\nRELEASE=old\nB=2\n", "A=1\nRELEASE={}\nB=2\n"),
        ("A=1", "A=1\nRELEASE={}\n"),
        ("A=1\r\n", "A=1\r\nRELEASE={}\r\n"),
        ("A=1\r\nRELEASE=old\r\nB=2\r\n", "A=1\r\nRELEASE={}\r\nB=2\r\n"),
        ("RELEASE=old # why\n", "RELEASE={} # why\n"),
        ("RELEASE= # why\n", "RELEASE={} # why\n"),
        ("RELEASE=old   \n", "RELEASE={}   \n"),
        ("  export  RELEASE = old\n", "  export  RELEASE = {}\n"),
        ("RELEASE: old\n", "RELEASE: {}\n"),
        ('RELEASE="old" # why\n', 'RELEASE="{}" # why\n'),
        ("RELEASE='old'", "RELEASE='{}'"),
        ("RELEASE=${OTHER:-x}\n", "RELEASE={}\n"),
        ("RELEASE=one\nRELEASE=two\n", "RELEASE=one\nRELEASE={}\n"),
        ("# RELEASE=old\n", "# RELEASE=old\nRELEASE={}\n"),
        ("MY_RELEASE=1\nRELEASES=2\n", "MY_RELEASE=1\nRELEASES=2\nRELEASE={}\n"),
        ("A='\nRELEASE=text\n'\n", "A='\nRELEASE=text\n'\nRELEASE={}\n"),
        ('A="\\"\nRELEASE=text"\n', 'A="\\"\nRELEASE=text"\nRELEASE={}\n'),
        ("A=it's\nRELEASE=old\n", "A=it's\nRELEASE={}\n"),
        ("\n\n# only\n\n", "\n\n# only\n\nRELEASE={}\n"),
        ("\ufeffRELEASE=old\n", "\ufeffRELEASE={}\n"),
    ],
)
def test_the_value_changes_and_all_else_stays(before: str, after: str) -> None:
    assert set_release(before, NEW) == after.replace("{}", NEW)


@pytest.mark.parametrize("text", ['A="open\nRELEASE=x\n', "RELEASE='open\n", 'RELEASE="a" b\n'])
def test_what_cannot_be_read_for_sure_is_refused_with_file_and_line(text: str) -> None:
    with pytest.raises(SourceError, match=r"^environments/production/\.env:1: "):
        set_release(text, NEW, place="environments/production/.env")


@pytest.mark.parametrize("release", ["main", NEW[:12], NEW.upper(), NEW + "\n", NEW + "0", "$(x)"])
def test_only_a_full_commit_id_is_a_release(release: str) -> None:
    with pytest.raises(UsageError, match="not a full commit id"):
        set_release("", release)


def test_no_release_at_all_follows_the_commit_again() -> None:
    assert set_release(f"A=1\nRELEASE={OLD}\n", "") == "A=1\nRELEASE=\n"
    assert set_release("", "") == "RELEASE=\n"


def test_no_release_before_a_comment_does_not_read_as_the_comment() -> None:
    changed = set_release(f"RELEASE={OLD} # why\n", "")

    assert changed == 'RELEASE="" # why\n'
    assert parse_dotenv(changed, Variables({})).values == {"RELEASE": ""}
    assert set_release(changed, NEW) == f'RELEASE="{NEW}" # why\n'


def test_a_quote_that_never_closes_is_refused_at_once() -> None:
    with pytest.raises(SourceError, match="not closed"):
        set_release('A="' + "\\" * 100_000, NEW)


LINES = st.sampled_from(
    [
        "",
        "# a comment",
        "A=1",
        "export B='two words' # why",
        'C="x\\"y"',
        "D=${A}",
        "E='several\nlines'",
        'F="RELEASE=1\nRELEASE=2"',
        f"RELEASE={OLD}",
        f'export RELEASE="{OLD}"',
        "RELEASE=",
        "RELEASE=old # kept",
        "  G = 1",
        "H",
    ]
)
IDS = st.text("0123456789abcdef", min_size=40, max_size=40)


@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans(), IDS)
def test_the_loader_reads_the_new_release_and_all_else_as_before(
    lines: list[str], newline: str, ended: bool, release: str
) -> None:
    text = newline.join(lines) + (newline if ended else "")

    changed = set_release(text, release)

    before = parse_dotenv(text, Variables({})).values
    after = parse_dotenv(changed, Variables({})).values
    assert after == {**before, "RELEASE": release}


@given(st.lists(LINES, max_size=12), IDS, IDS)
def test_at_most_one_line_changes_and_the_last_word_counts(
    lines: list[str], first: str, second: str
) -> None:
    text = "".join(f"{line}\n" for line in lines)

    once = set_release(text, first)

    assert set_release(once, first) == once
    assert set_release(once, second) == set_release(text, second)
    removed = [line for line in ndiff(text.splitlines(), once.splitlines()) if line[0] == "-"]
    assert len(removed) <= 1
    assert all("RELEASE" in line for line in removed)


@given(st.text("RELEASE=:#'\"\\ \r\n\tab${}", max_size=60))
def test_any_text_is_changed_rightly_or_refused(text: str) -> None:
    changed = refusal = ""
    try:
        changed = set_release(text, NEW)
    except SourceError as refused:
        refusal = refused.message

    if refusal:
        assert refusal.startswith(".env:")
    else:
        assert parse_dotenv(changed, Variables({})).values["RELEASE"] == NEW
