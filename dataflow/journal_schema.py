"""The tables of the journal, and how one of an older format becomes what a new one is."""

from typing import Final

from dataflow.database import Schema
from dataflow.marks import SCHEMA as MARKS

SCHEMA_VERSION: Final = 4

_PAST: Final = """
CREATE INDEX unended_uploads ON uploads (created) WHERE finished_at IS NULL;
CREATE INDEX ended_uploads ON uploads (created) WHERE finished_at IS NOT NULL;
CREATE TABLE ended_lines (id INTEGER PRIMARY KEY CHECK (id = 1), lines INTEGER NOT NULL);
INSERT INTO ended_lines
SELECT 1, ifnull(sum(released_lines), 0) FROM uploads WHERE finished_at IS NOT NULL;
CREATE TRIGGER upload_ended AFTER UPDATE OF finished_at ON uploads
WHEN OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL
BEGIN
    UPDATE ended_lines SET lines = lines + NEW.released_lines;
END;
"""
"""What makes uploads that have ended cost nothing at a start: nobody has to walk over them."""

_SOURCES: Final = """
CREATE TABLE sources (name TEXT PRIMARY KEY, lines INTEGER NOT NULL) WITHOUT ROWID;
ALTER TABLE chunks ADD COLUMN at REAL NOT NULL DEFAULT 0;
ALTER TABLE chunks ADD COLUMN source TEXT REFERENCES sources;
ALTER TABLE uploads ADD COLUMN paused_at REAL;
ALTER TABLE uploads ADD COLUMN paused_lines INTEGER;
CREATE INDEX failed_uploads ON uploads (created) WHERE state = 'failed';
"""
"""Sources that are no uploads, each of which counts its own lines for ever; and times.

``at`` is when the lines were accepted, in seconds since 1970.
"""

_SCHEMA: Final = f"""
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, created INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, file TEXT NOT NULL,
    bytes INTEGER NOT NULL, lines INTEGER NOT NULL, rate REAL, state TEXT NOT NULL,
    paused_because TEXT, checked INTEGER NOT NULL DEFAULT 0, error TEXT,
    created_at REAL NOT NULL, finished_at REAL,
    released_bytes INTEGER NOT NULL DEFAULT 0, released_lines INTEGER NOT NULL DEFAULT 0,
    looks_like TEXT
) WITHOUT ROWID;
CREATE TABLE chunks (
    "offset" INTEGER PRIMARY KEY, upload TEXT REFERENCES uploads, first_line INTEGER NOT NULL,
    lines INTEGER NOT NULL, "start" INTEGER, "end" INTEGER, data BLOB
);
CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY, digest BLOB NOT NULL, first_line INTEGER NOT NULL,
    last_line INTEGER NOT NULL
) WITHOUT ROWID;
{_SOURCES}{_PAST}{MARKS}"""

_CAUSES: Final = f"""
{_SOURCES}
INSERT INTO sources SELECT 'api', max(first_line + lines - 1) FROM chunks
WHERE upload IS NULL HAVING count(*) > 0;
DROP INDEX api_chunks;
UPDATE chunks SET source = 'api' WHERE upload IS NULL;
UPDATE uploads SET paused_at = strftime('%s', 'now'), paused_lines = released_lines
WHERE state = 'paused';
UPDATE chunks SET at = accepted.at FROM (
    SELECT "offset", max(ifnull(created_at, first)) OVER (ORDER BY "offset") AS at
    FROM chunks LEFT JOIN uploads ON uploads.id = upload, (
        SELECT ifnull(min(created_at), (julianday('now') - 2440587.5) * 86400) AS first FROM uploads
    )
) AS accepted WHERE accepted."offset" = chunks."offset";
{MARKS}"""  # noqa: S608 (our own names)
"""From the format that kept no times: a chunk is as old as the newest upload up to it.

Or as the first upload of all; without any, it is as if it came now.
"""

FILE: Final = Schema(
    SCHEMA_VERSION,
    _SCHEMA,
    "use the version that wrote it, or another data folder",
    upgrades={1: "ALTER TABLE uploads ADD COLUMN looks_like TEXT", 2: _PAST, 3: _CAUSES},
)
