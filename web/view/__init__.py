"""The read model: how it is written, read, and asked for.

Carts are kept as a log-structured merge tree of one level: a log that every commit appends to, the
carts of the log in memory, and the table that they are moved to, in its order. A row that is in
the log and not yet in the table is *unmoved*. Skipped records, completed orders and starts of the
flow are written once, each to a table of its own.
"""
