"""``cartwatch``, but a flow that is started is given up after a few seconds: for a test to see."""

from unittest.mock import patch

from web.commands.cli import main

START_S = 6.0

if __name__ == "__main__":
    with patch("web.flow.watchdog.START_S", START_S):
        raise SystemExit(main())
