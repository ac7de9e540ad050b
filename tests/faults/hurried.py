"""``cartwatch`` in a hurry: with a fraction of the patience that it has with its clients.

``python -m tests.faults.hurried``, with words of the command line.
"""

from __future__ import annotations

import sys
from unittest.mock import patch

from web.commands import serve
from web.commands.cli import main
from web.http import connections, patience, raw

if __name__ == "__main__":
    with (
        patch.object(patience, "SILENCE_S", 1.0),
        patch.object(connections, "HEAD_S", 1.0),
        patch.object(raw, "STALLED_S", 1.0),
        patch.object(connections, "LINGER_S", 0.2),
        patch.object(serve, "PING_EVERY_S", 0.5),
        patch.object(serve, "PONG_WITHIN_S", 0.5),
    ):
        sys.exit(main())
