"""The tables of the view, put together, and the number of their format."""

from typing import Final

from web.view import cart_log, cart_row, completed, recoveries, skipped, skipped_lists, sums

SCHEMA_VERSION: Final = 5
OLDER_VERSION: Final = 4
"""The one before, of which a view is brought to this one where it stands."""

SCHEMA: Final = f"""
{cart_row.SCHEMA}
{cart_log.SCHEMA}
CREATE TABLE orders (
    user_id TEXT NOT NULL, order_id NOT NULL, status INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (user_id, order_id)
) WITHOUT ROWID;
{completed.SCHEMA}
{skipped.SCHEMA}
{skipped_lists.SCHEMA}
{recoveries.SCHEMA}
{sums.SCHEMA}
CREATE TABLE position (id INTEGER PRIMARY KEY CHECK (id = 1), "offset" INTEGER NOT NULL);
"""

FROM_OLDER: Final = f"""
ALTER TABLE carts RENAME COLUMN lists TO cart;
DROP INDEX skipped_source;
DROP INDEX skipped_reason;
{skipped_lists.SCHEMA}
{skipped_lists.FILL}
"""
