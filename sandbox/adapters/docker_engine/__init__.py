"""
The Engine port on a Docker engine, through docker-py's low-level client.

In reading order: `api` (what of docker-py is used, with types), `errors` (its exceptions become
ours), `connection` (one client per use, one time limit per call), `inspection` and `snapshot`
(what the engine reports), `payload` and `creation` (what we ask it to create), `streams` (answers
that go on), `images`, `events`, `logs`, `exec_stream`, `commands` and
`conversation`, `engine` (the port itself).

Types of docker-py do not leave this package.
"""

from sandbox.adapters.docker_engine.engine import DockerEngine

__all__ = ["DockerEngine"]
