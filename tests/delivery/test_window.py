"""
What is counted between reports of an ingress.
"""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.delivery.window import Sample, Window, advance, figures, percentile_ms, sample_of
from sandbox.model.ingress import IngressReport, ServerCounters
from sandbox.model.verdict import Figures


def counters(
    server: str = "web-1", requests: int = 0, failed: int = 0, **latencies: int
) -> ServerCounters:
    """
    Latencies as ``ms12=3``: three responses after 12 ms.
    """
    return ServerCounters(
        backend="web-8080",
        server=server,
        requests=requests,
        failed=failed,
        latencies_ms={int(name[2:]): count for name, count in latencies.items()},
    )


def window(*reports: tuple[ServerCounters, ...]) -> Window:
    first, *others = (IngressReport(servers=servers) for servers in reports)
    found = Window(last=first)
    for report in others:
        found = advance(found, report)
    return found


def test_only_what_came_after_the_first_report_counts() -> None:
    found = window(
        (counters(requests=10, failed=2, ms1=8),), (counters(requests=15, failed=3, ms1=9, ms7=3),)
    )

    assert sample_of(found, ["web-1"]) == Sample(requests=5, failed=1, latencies_ms={1: 1, 7: 3})


def test_a_server_that_comes_later_counts_from_its_first_request() -> None:
    found = window((), (counters("web-2", requests=4),), (counters("web-2", requests=6),))

    assert sample_of(found, ["web-2"]).requests == 6


def test_a_server_that_goes_keeps_what_it_did() -> None:
    found = window(
        (counters(requests=10),), (counters(requests=15),), (), (counters("web-2", requests=1),)
    )

    assert sample_of(found, ["web-1"]).requests == 5


def test_counters_that_begin_again_are_added_to_what_was_counted_before() -> None:
    found = window(
        (counters(requests=100, failed=9, ms3=91),),
        (counters(requests=150, failed=9, ms3=141),),
        (counters(requests=20, failed=1, ms3=19),),
        (counters(requests=30, failed=1, ms3=29),),
    )

    assert sample_of(found, ["web-1"]) == Sample(requests=80, failed=1, latencies_ms={3: 79})


def test_one_counter_that_fell_tells_that_all_began_again() -> None:
    found = window((counters(requests=2, ms900=2),), (counters(requests=50, ms3=50),))

    assert sample_of(found, ["web-1"]) == Sample(requests=50, latencies_ms={3: 50})


def test_servers_of_a_name_are_added_over_all_backends() -> None:
    other = ServerCounters(backend="web-9090", server="web-1", requests=3, failed=1)
    found = window((), (counters(requests=4), counters("web-2", requests=50), other))

    assert sample_of(found, ["web-1"]) == Sample(requests=7, failed=1)
    assert sample_of(found, ["web-1", "web-2"]).requests == 57


def test_no_more_fail_than_there_were() -> None:
    assert sample_of(window((), (counters(requests=2, failed=3),)), ["web-1"]).failed == 2


def test_percentiles_are_those_of_the_sorted_list() -> None:
    found = Sample(requests=100, latencies_ms=dict.fromkeys(range(1, 101), 1))

    assert figures(found) == Figures(requests=100, p50_ms=50, p95_ms=95, p99_ms=99)
    assert figures(Sample()) == Figures()
    assert percentile_ms({7: 0}, 50) is None


SERVERS = st.dictionaries(
    st.sampled_from(["web-1", "web-2", "web-3"]),
    st.builds(
        lambda requests, failed, latencies: (requests, failed, latencies),
        st.integers(0, 50),
        st.integers(0, 50),
        st.dictionaries(st.integers(0, 5), st.integers(0, 9)),
    ),
)


@given(st.lists(SERVERS, min_size=1, max_size=6))
def test_whatever_an_ingress_reports_nothing_is_negative_or_lost(
    reports: list[dict[str, tuple[int, int, dict[int, int]]]],
) -> None:
    found = Window(last=IngressReport())
    before: dict[str, tuple[int, int]] = {}
    for report in reports:
        servers = tuple(
            ServerCounters(
                backend="b", server=name, requests=requests, failed=failed, latencies_ms=latencies
            )
            for name, (requests, failed, latencies) in report.items()
        )
        found = advance(found, IngressReport(servers=servers))
        for each in found.counted:
            assert (each.requests, each.failed) >= (0, 0)
            assert min(each.failed, *each.latencies_ms.values(), 0) == 0
            requests, failed = before.get(each.server, (0, 0))
            assert each.requests >= requests
            assert each.failed >= failed
        before = {each.server: (each.requests, each.failed) for each in found.counted}


@given(st.lists(st.lists(st.integers(0, 30), max_size=8), min_size=1, max_size=6))
def test_reports_that_only_grow_add_up_to_what_happened(steps: list[list[int]]) -> None:
    """
    Each step is the latencies of the requests that came; the oracle is the flat list.
    """
    seen: list[int] = []
    found = Window(last=IngressReport())
    for step in steps:
        seen += step
        latencies = {ms: seen.count(ms) for ms in seen}
        now = ServerCounters(backend="b", server="s", requests=len(seen), latencies_ms=latencies)
        found = advance(found, IngressReport(servers=(now,)))

    total = sample_of(found, ["s"])
    assert total.requests == len(seen)
    for percent in (50, 95, 99):
        rank = -(-len(seen) * percent // 100)
        expected = sorted(seen)[max(rank, 1) - 1] if seen else None
        assert percentile_ms(total.latencies_ms, percent) == expected
