"""
What HAProxy prints, read and added up.
"""

from sandbox.adapters.haproxy.answers import Said, Workers, read, read_workers
from sandbox.adapters.haproxy.counters import total
from sandbox.model.ingress import ServerCounters
from sandbox.planning.haproxy_changes import RunningServer

PROCESSES = """\
#<PID>          <type>          <reloads>       <uptime>        <version>
8               master          2 [failed: 0]   0d00h00m01s     3.0.11-1+deb13u5
# workers
96              worker          0               0d00h00m00s     3.0.11-1+deb13u5
# old workers
46              worker          1               0d00h00m01s     3.0.11-1+deb13u5
20              worker          2               0d00h00m01s     3.0.11-1+deb13u5
# programs

"""
SERVERS = """\
1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ...
5 web-80 1 a 192.168.240.2 2 0 100 100 5 1 0 2 0 0 0 0 - 7001 - 0 0 - - 0
5 web-80 2 b 192.168.240.3 0 1 7 100 4 1 0 0 0 0 0 0 - 7002 - 0 0 - - 0

proc.config_hash: type=str value=<ab5c46d69ebb74a1>

"""
TABLE = """\
# table: latencies, type: string, size:102400, used:8
0x7f6992c20888: key=web-80/a/16 use=0 exp=3599776 shard=0 http_req_cnt=3
0x7f6992c20588: key=web-80/a/2 use=0 exp=3599746 shard=0 http_req_cnt=2
"""


def row(proxy: str, server: str, **figures: int) -> str:
    """Write one line of ``show stat``."""
    places = {"scur": 4, "stot": 7, "econ": 13, "eresp": 14, "wretr": 15, "wredis": 16}
    places |= {"r1xx": 39, "r2xx": 40, "r5xx": 43, "aborts": 49}
    cells = [proxy, server, *[""] * 60]
    for name, figure in figures.items():
        cells[places[name]] = str(figure)
    return ",".join(cells) + "\n"


def test_workers_are_told_apart() -> None:
    assert read_workers(PROCESSES) == Workers(current=96, leaving=(46, 20))
    assert read_workers(PROCESSES).all == (96, 46, 20)
    assert read_workers("# workers\n# old workers\n# programs\n") == Workers()


def test_servers_and_variables_are_found() -> None:
    said = read(SERVERS)
    assert said.servers == (
        RunningServer(backend="web-80", name="a", address="192.168.240.2", port=7001, weight=100),
        RunningServer(
            backend="web-80", name="b", address="192.168.240.3", port=7002, weight=7, in_use=False
        ),
    )
    assert said.variables == {"proc.config_hash": "ab5c46d69ebb74a1"}


def test_only_clients_of_http_are_counted_as_such() -> None:
    said = read(row("http-80", "FRONTEND", scur=3) + row("tcp-5432", "FRONTEND", scur=9))
    assert (said.clients, said.rows) == (3, ())


def test_a_text_without_figures_has_none() -> None:
    assert read("Can't find the target PID matching the prefix '@!9999'\n") == Said()


def test_a_request_that_is_under_way_or_was_tried_elsewhere_does_not_count_yet() -> None:
    [found] = read(row("web-80", "a", stot=10, scur=2, wretr=3, wredis=1)).rows
    assert (found.requests, found.open, found.failed) == (4, 2, 0)


def test_what_failed_is_what_ended_badly_and_what_ended_without_a_trace() -> None:
    [found] = read(row("web-80", "a", stot=20, r2xx=9, r5xx=3, eresp=2, econ=1, aborts=1)).rows
    assert (found.requests, found.failed, found.unreached) == (20, 3 + 2 + 1 + 4, 1)


def test_no_request_fails_twice_and_no_connection_for_want_of_a_status() -> None:
    [broken, websocket, connection] = read(
        row("web-80", "a", stot=1, r5xx=1, eresp=1)
        + row("web-80", "b", stot=1, r1xx=1, r5xx=0)
        + row("db-5432", "a", stot=5)
    ).rows
    assert [each.failed for each in (broken, websocket, connection)] == [1, 0, 0]


def test_what_nobody_answered_is_what_the_backend_failed_at_and_no_server_did() -> None:
    text = row("web-80", "a", stot=1, econ=1) + row("web-80", "BACKEND", stot=5, econ=5)
    gone = "file 1.gone\n" + row("web-80", "b", stot=1, econ=1)
    nobody, *_ = total(1, {1: read(text)}, gone)
    assert nobody == ServerCounters(backend="web-80", server="", requests=3, failed=3)


def test_workers_that_are_there_and_gone_are_added_up_each_once() -> None:
    live = {
        2: read(row("web-80", "a", stot=1, scur=1)),
        3: read(row("web-80", "a", stot=7) + TABLE),
    }
    retired = (
        "file 1.gone\n"
        + row("web-80", "a", stot=100)
        + "file 1.last\n"
        + row("web-80", "a", stot=1000)
        + "file 2.last\n"
        + row("web-80", "a", stot=99999)
        + "file 1.table\n"
        + TABLE
        + "file 3.table\n"
        + TABLE
    )
    assert total(3, live, retired) == (
        ServerCounters(
            backend="web-80", server="a", requests=1107, open=1, latencies_ms={2: 4, 16: 6}
        ),
    )
