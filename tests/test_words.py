from sandbox.words import count, one_or_many


def test_nouns_are_counted() -> None:
    assert [count(number, "step") for number in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]


def test_a_plural_that_takes_more_than_an_s_is_given() -> None:
    counted = [count(number, "repository", "repositories") for number in (1, 2)]
    assert counted == ["1 repository", "2 repositories"]


def test_a_verb_goes_with_its_number() -> None:
    assert [one_or_many(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]
