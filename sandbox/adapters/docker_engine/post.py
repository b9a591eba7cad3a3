"""
Send a body that was made elsewhere to the engine, byte for byte as it was judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker.errors import create_api_error_from_http_exception
from requests.exceptions import HTTPError

if TYPE_CHECKING:
    from sandbox.adapters.docker_engine.api import Api, Json


def post(api: Api, path: str, body: Json) -> Json:
    """Post *body* to *path*, give the engine's answer; a refusal is docker-py's `APIError`."""
    url = f"{api.base_url}/v{api.api_version}{path}"
    response = api.post(url, json=body, timeout=api.timeout)
    try:
        response.raise_for_status()
    except HTTPError as error:
        create_api_error_from_http_exception(error)
    answer: Json = response.json()
    return answer
