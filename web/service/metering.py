"""What this server has counted since it began, and nobody else keeps: for a scrape. Pure."""

from typing import Final

from web.histogram import Histogram
from web.view.outcome import Outcome


class Metering:
    """Ends of epochs, and how long records took until they were in the view."""

    def __init__(self) -> None:
        self.epochs = 0
        self.accept_to_view: Final = Histogram()

    def committed(self, at: float, outcome: Outcome) -> None:
        """Count what a commit has made durable at a time of the machine's clock."""
        self.epochs += outcome.epochs
        for accepted, records in outcome.arrived.items():
            self.accept_to_view.add(at - accepted, records)
