from sandbox.compose.known import shown, suggestion, unknown_key


def test_the_nearest_name_is_suggested_and_nothing_that_is_far() -> None:
    assert suggestion("imag", ["image", "init"]) == "; did you mean 'image'?"
    assert suggestion("zzzz", ["image", "init"]) == ""


def test_an_unknown_key_is_told_with_what_may_stand_there() -> None:
    assert unknown_key("x", ["a", "b"]) == "the key `x` is unknown; allowed here: a, b"
    assert unknown_key("x", []) == "the key `x` is unknown; no key is allowed here"
    assert unknown_key("x", [f"k{index}" for index in range(20)]) == "the key `x` is unknown"


def test_keys_of_later_days_are_told_as_such() -> None:
    assert "newer than the Compose Specification" in unknown_key("x", ["a"], newer=["x"])
    assert "not supported yet" in unknown_key("x", ["a"], later=["x"])


def test_what_is_quoted_is_cut() -> None:
    assert shown("a'b") == '"a\'b"'
    assert len(shown("x" * 1000)) < 70
