"""
Another service that calls `web` by its name, twenty times a second, and says what came of it.
"""

from __future__ import annotations

import http.client
import time
from itertools import count

NAME, PORT = "web", 8080

connection = http.client.HTTPConnection(NAME, PORT, timeout=5)
for number in count(1):
    try:
        connection.request("GET" if number % 2 else "POST", "/", body=b"" if number % 2 else b"tea")
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            print(f"failed: status {answer.status}")
    except (OSError, http.client.HTTPException) as error:
        print(f"failed: {error!r}")
        connection.close()
    if number % 20 == 0:
        print(f"called {number}")
        connection.close()
    time.sleep(0.05)
