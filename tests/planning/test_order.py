from hypothesis import given
from hypothesis import strategies as st

from sandbox.planning.order import dependency_ranks

NAMES = st.sampled_from("abcdefgh")


@given(st.dictionaries(NAMES, st.sets(NAMES)))
def test_every_name_gets_a_rank_of_its_own_even_in_a_cycle(graph: dict[str, set[str]]) -> None:
    assert sorted(dependency_ranks(graph).values()) == list(range(len(graph)))


@given(st.dictionaries(NAMES, st.sets(NAMES)))
def test_without_a_cycle_a_name_comes_after_what_it_waits_for(graph: dict[str, set[str]]) -> None:
    upward = {name: {each for each in waits if each < name} for name, waits in graph.items()}
    ranks = dependency_ranks(upward)
    for name, waits in upward.items():
        assert all(ranks[each] < ranks[name] for each in waits if each in ranks)


def test_a_chain_of_any_length_is_no_problem() -> None:
    chain = {str(n): [str(n + 1)] for n in range(5000)}
    assert dependency_ranks(chain)["0"] == 4999
