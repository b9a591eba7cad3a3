from typing import Any

import pytest

from sandbox.compose.canonical.mounts import target_of
from tests.compose.canonical.trees import canonical_service, faults, warnings


def bind(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "bind",
        "source": source,
        "target": target,
        "bind": {"create_host_path": True},
        **more,
    }


def volume(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"type": "volume", "source": source, "target": target, "volume": {}, **more}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("data:/x", volume("data", "/x")),
        ("data:/x:ro", volume("data", "/x", read_only=True)),
        ("data:/x:ro,rw", volume("data", "/x")),
        ("data:/x:nocopy", volume("data", "/x", volume={"nocopy": True})),
        ("data:/x:z", volume("data", "/x", bind={"selinux": "z"})),
        ("data:/x:whatever", volume("data", "/x")),
        ("/x/y", {"type": "volume", "target": "/x/y", "volume": {}}),
        ("/x", {"type": "volume", "target": "/x"}),
        ("d", {"type": "volume", "target": "d"}),
        ("./a:/x", bind("./a", "/x")),
        ("~/a:/x", bind("~/a", "/x")),
        ("/a:/x:ro", bind("/a", "/x", read_only=True)),
        ("/a:/x:rshared",
         bind("/a", "/x", bind={"propagation": "rshared", "create_host_path": True})),
        (r"C:\a:/x", bind(r"C:\a", "/x")),
        (r"\\.\pipe\a:/x", bind(r"\\.\pipe\a", "/x")),
        ("d:/x", {"type": "volume", "target": "d:/x", "volume": {}}),
    ],
)  # fmt: skip
def test_short_forms_of_volumes_become_mappings(written: str, expected: dict[str, Any]) -> None:
    assert canonical_service(f"volumes: ['{written}']")["volumes"] == [expected]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", "it is empty"),
        (":/x", "there is nothing between two colons, or before or after one"),
        ("/x:", "there is nothing between two colons, or before or after one"),
        ("aa::/x", "there is nothing between two colons, or before or after one"),
        ("aa:/x:ro:z", "it has more than three parts"),
    ],
)
def test_what_is_no_mount_is_told(written: str, fault: str) -> None:
    assert faults(f"volumes: ['{written}']") == [
        f"services.a.volumes[0]: '{written}' is no mount: {fault}"
    ]


def test_a_volume_of_one_letter_is_a_drive_and_is_warned_of() -> None:
    (found,) = warnings("volumes: ['d:/data']")

    assert "d: is read as the drive of a Windows path" in found


def test_the_target_of_a_short_form_is_known_without_reading_the_rest() -> None:
    assert target_of("data:/x:ro") == "/x"
    assert target_of("/x") == "/x"
    assert target_of(":/x") is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("/dev/a", ("/dev/a", "/dev/a", "rwm")),
        ("/dev/a:/dev/b", ("/dev/a", "/dev/b", "rwm")),
        ("/dev/a:/dev/b:r", ("/dev/a", "/dev/b", "r")),
        ("/dev/a:", ("/dev/a", "/dev/a", "rwm")),
        ("vendor.com/class=device", ("vendor.com/class=device",) * 2 + ("rwm",)),
    ],
)
def test_short_forms_of_devices_become_mappings(
    written: str, expected: tuple[str, str, str]
) -> None:
    (found,) = canonical_service(f"devices: ['{written}']")["devices"]

    assert (found["source"], found["target"], found["permissions"]) == expected


def test_a_device_of_four_parts_is_told() -> None:
    assert faults("devices: ['a:b:c:d']") == [
        "services.a.devices[0]: 'a:b:c:d' has more than three parts"
    ]
