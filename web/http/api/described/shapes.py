"""What the API answers of data, by its fields: what stands in no struct of its own.

Rows of lists are structs of the view, and are described by these. A test holds every shape against
the answers of the real program: a field that is answered and is not here fails it.
"""

from typing import Annotated, Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from dataflow.cart import Status, Summary
from dataflow.records import REASONS, OrderId
from web.http.api.described.kinds import Count, Time, words
from web.intake.tally import Example
from web.intake.upload_states import CANCELLED, DONE, FAILED, PAUSED, QUEUED, RUNNING
from web.view.cart_item import CartItem
from web.view.order_search import OrderFound, OrdersFound
from web.view.orders import OrderItem
from web.view.places import Cause
from web.view.skipped import Correction, SkippedRecord

Reason = Annotated[str, words(REASONS)]
UploadState = Annotated[str, words((QUEUED, RUNNING, PAUSED, DONE, CANCELLED, FAILED))]


class Error(TypedDict):
    """What went wrong: a code for programs, and a sentence for a person."""

    code: str
    message: str


class Refusal(TypedDict):
    """The answer to a request that is refused."""

    error: Error


class Upload(TypedDict):
    """A file that was taken in, and how far it is; why it waits, is paused or has failed."""

    id: str
    name: str
    bytes: Count
    lines: Count
    processed: Count
    accepted: Count
    skipped: Count
    blank: Count
    duplicates: Count
    rate: float | None
    state: UploadState
    looks_like: str | None
    created_at: Time
    paused_at: Time | None
    finished_at: Time | None
    queued_because: NotRequired[str]
    paused_because: NotRequired[str]
    error: NotRequired[str]


class DryRun(TypedDict):
    """What would come of a file; users is null over a million."""

    lines: Count
    accepted: Count
    skipped: Count
    blank: Count
    by_reason: dict[str, Count]
    users: Count | None
    orders: Count
    payments: Count
    looks_like: str | None
    examples: list[Example]


class Appended(TypedDict):
    """The lines that a batch of records took in the count of its source, both inclusive."""

    source: Literal["api"]
    first_line: Count
    last_line: Count
    hint: NotRequired[str]


class CompletedOrder(TypedDict):
    """An order of the fulfilment feed."""

    seq: Count
    user_id: str
    order_id: OrderId
    completed_at: Time


class OpenSince(TypedDict):
    """How many carts have an id that is open so long, and since when the oldest is; or null."""

    carts: Count
    oldest_at: Time | None


class Attention(TypedDict):
    """What asks for attention."""

    unpaid: OpenSince
    waiting: OpenSince
    skipped_open: Count
    uploads_paused: Count
    uploads_failed: Count
    recoveries_today: Count


class Event(TypedDict):
    """A record that is one."""

    user_id: str
    type: Literal["order", "payment"]
    order_id: OrderId


class ValidLine(TypedDict):
    """A line that is a record."""

    valid: Literal[True]
    event: Event


class BadLine(TypedDict):
    """A line that would be skipped, and why."""

    valid: Literal[False]
    reason: Reason
    message: str
    column: Count | None


class BulkExample(TypedDict):
    """A record of a bulk, and what becomes of it."""

    id: Count
    raw: str
    corrected: str
    outcome: str


class Bulk(TypedDict):
    """What becomes, or became, of the records of a bulk of corrections."""

    matching: Count
    valid: Count
    still_bad: dict[str, Count]
    sent_before: Count
    to_send: Count
    cut: Count
    examples: list[BulkExample]
    until: Count
    sent: NotRequired[Count]


class StartedOver(TypedDict):
    """The generation that is in force now, and the upload that is replayed."""

    generation: str
    upload: NotRequired[Upload]


class Changed(TypedDict):
    """How many records were changed."""

    changed: Count


SHAPES: Final[tuple[Any, ...]] = (
    *(Refusal, Error, CartItem, Summary, OrderItem, Cause, OrdersFound, OrderFound),
    *(CompletedOrder, Attention, OpenSince, SkippedRecord, Correction, Upload, DryRun, Example),
    *(Appended, Event, ValidLine, BadLine, Bulk, BulkExample, Changed, StartedOver),
)

ENUMS: Final = {
    ("SkippedRecord", "reason"): list(REASONS),
    ("OrderItem", "status"): [each.name.lower() for each in Status],
    ("OrderFound", "status"): [each.name.lower() for each in Status],
    ("Example", "reason"): list(REASONS),
}
"""The words of fields that are texts to the view."""
