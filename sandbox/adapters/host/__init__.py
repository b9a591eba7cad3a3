"""
The machine itself: looked at without changing it, repaired only when asked.

`LocalHost` is what the rest of the sandbox sees; every other module here is one thing it looks at
or one repair.
"""

from __future__ import annotations

from sandbox.adapters.host.local_host import LocalHost

__all__ = ["LocalHost"]
