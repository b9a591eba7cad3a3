import itertools

from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.cycles import CYCLES_MAX, cycles

NAMES = st.sampled_from("abcdef")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=3), max_size=6).map(
    lambda edges: {name: [to for to in targets if to in edges] for name, targets in edges.items()}
)


def reaches_itself(name: str, edges: dict[str, list[str]]) -> bool:
    seen: set[str] = set()
    pending = list(edges[name])
    while pending:
        at = pending.pop()
        if at == name:
            return True
        if at not in seen:
            seen.add(at)
            pending += edges[at]
    return False


@given(GRAPHS)
def test_a_graph_has_cycles_when_a_name_reaches_itself(edges: dict[str, list[str]]) -> None:
    found = cycles(edges)

    assert bool(found) == any(reaches_itself(name, edges) for name in edges)
    for cycle in found:
        assert cycle[0] == cycle[-1] == min(cycle)
        assert all(after in edges[before] for before, after in itertools.pairwise(cycle))


def test_a_dense_graph_is_answered_with_some_of_its_cycles() -> None:
    names = [f"s{index}" for index in range(200)]

    assert len(cycles(dict.fromkeys(names, names))) == CYCLES_MAX


def test_a_long_chain_is_no_cycle() -> None:
    names = [f"s{index}" for index in range(5000)]
    edges = {name: [after] for name, after in itertools.pairwise(names)}

    assert cycles({**edges, names[-1]: []}) == []
