"""
Small real images for the programs of the simulation, under the names that its commits give them.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from tests.engine_world import context
from tests.fakes.engine_state import BASE_IMAGE
from tests.simulation.models import REGISTRY, Life
from tests.simulation.schedule import commits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import docker

    from tests.simulation.models import CommitModel
    from tests.simulation.schedule import Schedule

PROGRAMS: Final = f"{REGISTRY}/programs"
PROGRAM: Final = """\
#!/bin/sh
# Do what the life of the image says; a program has no signals before it asks for them.
rm -f /tmp/ready
case $1 in
    good) trap 'exit 0' TERM ;;
    *) trap 'exit 143' TERM ;;
esac
case $1 in
    good) sleep 0.3 ;;
    slow) sleep 2 & wait $! ;;
    crashes) sleep 0.3; exit 1 ;;
    job) sleep 0.5; exit 0 ;;
    sick) sleep 1d & wait $! ;;
esac
touch /tmp/ready
sleep 1d & wait $!
"""
CHECK: Final = "#!/bin/sh\nexec test -e /tmp/ready\n"
DOCKERFILE: Final = f"""\
FROM {BASE_IMAGE}
COPY program check /usr/local/bin/
RUN chmod +x /usr/local/bin/program /usr/local/bin/check
"""


def make_images(client: docker.APIClient, schedule: Schedule) -> None:
    """Have every image that *schedule* wants and that its registry would have."""
    made = _references(client)
    if f"{PROGRAMS}:latest" not in made:
        _build(client, PROGRAMS, Dockerfile=DOCKERFILE, program=PROGRAM, check=CHECK)
    for reference in sorted({*_wanted(schedule)} - made):
        life = reference.rpartition("-")[2]
        if life != Life.MISSING:
            # Each is another image, as it would be in a registry.
            text = f'FROM {PROGRAMS}\nENV IS="{reference}"\nENTRYPOINT ["program", "{life}"]\n'
            _build(client, reference, Dockerfile=text)


def _wanted(schedule: Schedule) -> Iterator[str]:
    models: Collection[CommitModel] = (
        *schedule.beginning.values(),
        *(each.model for each in commits(schedule.steps)),
        *schedule.fixes.values(),
    )
    return (service.image for model in models for service in model.services)


def _references(client: docker.APIClient) -> set[str]:
    images: list[dict[str, Any]] = client.images()
    tags = (tag for image in images for tag in image["RepoTags"] or ())
    return {tag for tag in tags if tag.startswith(f"{REGISTRY}/")}


def _build(client: docker.APIClient, tag: str, **files: str) -> None:
    sent = io.BytesIO(context(**files))
    said = [*client.build(fileobj=sent, custom_context=True, tag=tag, rm=True, decode=True)]
    assert any("aux" in line for line in said), said
