"""Compose files of the disk, for the command line."""

from sandbox.adapters.disk_source import load_from_disk as load_from_disk  # noqa: PLC0414
