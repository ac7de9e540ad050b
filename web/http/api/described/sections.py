"""The sections that calls are told in."""

from typing import Final

TAKING_IN: Final = "Taking in"
CARTS: Final = "Carts"
ORDERS: Final = "Orders"
COMPLETED: Final = "Completed orders"
SKIPPED: Final = "Skipped records"
STATE: Final = "Figures"
FLOW: Final = "The flow"
WATCHING: Final = "For machines that watch"
ACCESS: Final = "Who may come in"
ABOUT: Final = "About the API"
