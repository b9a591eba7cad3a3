import os
import socket

from sandbox.adapters.host import listeners


def test_a_port_nobody_holds_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert listeners.is_free(port)


def test_a_held_port_names_the_process_that_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert not listeners.is_free(port)
        assert f"(pid {os.getpid()})" in listeners.holder(port)


def test_a_holder_that_cannot_be_known_is_still_a_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert listeners.holder(port) == "another process"


def test_a_listener_is_told_with_the_address_that_it_holds() -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        port = server.getsockname()[1]

        (taken,) = listeners.taken(port)

    assert taken.bound == ("127.0.0.2", port, "tcp")
    assert f"(pid {os.getpid()})" in taken.holder
    assert listeners.taken(port) == ()


def test_a_listener_on_every_address_is_told_so() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6) as server:
        (taken,) = listeners.taken(server.getsockname()[1])

    assert taken.bound[0] == "::"
