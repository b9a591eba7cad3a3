"""
The containers of real projects are those of `docker compose`; collected beside the corpus only.
"""

import tempfile
from pathlib import Path

import docker
import pytest

from tests.conformance.corpus import unpacked
from tests.parity.comparison import both, judged
from tests.parity.corpus import CORPUS, corpus_file

pytestmark = pytest.mark.engine


def test_services_of_real_projects_give_the_containers_of_compose(tmp_path: Path) -> None:
    assert CORPUS is not None
    with tempfile.TemporaryDirectory() as folder:
        text = corpus_file(unpacked(CORPUS, Path(folder)))
    client = docker.from_env()

    compose, sandbox = both(tmp_path, text, client)

    client.close()
    assert len(sandbox.containers) >= 40
    assert judged(compose, sandbox)[1] == []
