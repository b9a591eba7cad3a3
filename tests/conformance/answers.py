"""Our answers to the cases of a corpus."""

import json
import traceback
from pathlib import Path

from sandbox.adapters.disk_source import DiskSource
from sandbox.compose.project import ProjectRequest, load_project
from sandbox.errors import SandboxError
from sandbox.render.config import config_model
from tests.conformance.corpus import Case, Corpus


def write_answer(case: Case, corpus: Corpus, answers: Path) -> str:
    """
    Load *case*; write its model to ``<id>.json`` or what is wrong with it to ``<id>.err``.

    Returns:
        A traceback where the loader raised what it never should; else nothing.
    """
    place = answers / case.id
    place.parent.mkdir(parents=True, exist_ok=True)
    request = ProjectRequest(
        folder=str(case.folder),
        files=case.files,
        env_files=case.env_files or None,
        profiles=case.profiles,
        environment=corpus.environment,
    )
    try:
        project = load_project(request, DiskSource())
        text = json.dumps(config_model(project.tree), allow_nan=False)
    except SandboxError as error:
        Path(f"{place}.err").write_text(error.message, "utf-8", "surrogateescape")
        return ""
    except Exception:  # noqa: BLE001 - whatever it is, it is the finding
        return traceback.format_exc()
    Path(f"{place}.json").write_text(text, "utf-8", "surrogateescape")
    return ""
