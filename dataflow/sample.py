"""The packaged sample: the tutorial's eight lines, one of which is to be skipped."""

from pathlib import Path
from typing import Final

SAMPLE: Final = Path(__file__).with_name("cart-join.json")
