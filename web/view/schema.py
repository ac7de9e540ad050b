"""The tables of the view, put together, and the number of their format."""

from typing import Final

from web.view import (
    anew,
    cart_log,
    cart_row,
    completed,
    fates,
    orders,
    places,
    recoveries,
    skipped,
    skipped_kinds,
    sums,
)

SCHEMA_VERSION: Final = 7

SCHEMA: Final = f"""
{cart_row.SCHEMA}
{cart_log.SCHEMA}
{orders.SCHEMA}
{places.SCHEMA}
{completed.SCHEMA}
{skipped.SCHEMA}
{skipped_kinds.SCHEMA}
{fates.SCHEMA}
{recoveries.SCHEMA}
{sums.SCHEMA}
{anew.SCHEMA}
CREATE TABLE position (id INTEGER PRIMARY KEY CHECK (id = 1), "offset" INTEGER NOT NULL);
"""
