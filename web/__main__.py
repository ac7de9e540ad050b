"""``python -m web`` is ``cartwatch``."""

import sys

from web.commands.cli import main

sys.exit(main())
