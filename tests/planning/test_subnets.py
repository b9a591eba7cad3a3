from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from sandbox.planning.subnets import free_subnet

POOL = "10.213.0.0/16"


def test_the_choice_is_the_same_each_time_and_differs_by_name() -> None:
    choices = {free_subnet(POOL, 26, name=f"env-{n}_default", used=()) for n in range(20)}
    assert len(choices) > 15
    assert free_subnet(POOL, 26, name="a", used=()) == free_subnet(POOL, 26, name="a", used=())


@given(st.text(), st.lists(st.tuples(st.integers(0, 2**16 - 1), st.integers(17, 32)), max_size=30))
def test_the_choice_lies_in_the_pool_and_overlaps_nothing(
    name: str, used: list[tuple[int, int]]
) -> None:
    base = int(IPv4Network(POOL).network_address)
    taken = [IPv4Network((base + offset, bits), strict=False) for offset, bits in used]
    choice = free_subnet(POOL, 26, name=name, used=map(str, taken))
    if choice is None:
        assert sum(each.num_addresses for each in taken) > 2**15
        return
    subnet = IPv4Network(choice)
    assert subnet.prefixlen == 26
    assert subnet.subnet_of(IPv4Network(POOL))
    assert not any(subnet.overlaps(each) for each in taken)


def test_every_subnet_of_the_pool_can_be_had_and_then_none() -> None:
    used: list[str] = []
    for _ in range(16):
        choice = free_subnet("10.0.0.0/24", 28, name="x", used=used)
        assert choice
        used.append(choice)
    assert len(set(used)) == 16
    assert free_subnet("10.0.0.0/24", 28, name="x", used=used) is None


def test_a_prefix_that_does_not_fit_into_the_pool_gives_none() -> None:
    assert free_subnet("10.0.0.0/24", 16, name="x", used=()) is None


def test_subnets_of_the_other_protocol_are_no_obstacle() -> None:
    assert free_subnet(POOL, 26, name="x", used=["fd00::/8"])
