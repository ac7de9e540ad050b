"""The flow as a person is shown it: the steps that records pass, and the ways between them.

What the engine needs beside them – branches, merges, the keys of segments and their keeping –
holds no records of its own, and is left out. A test holds this against the flow as it is built.
Pure.
"""

from typing import Final

JOURNAL: Final = "journal"
DESERIALIZE: Final = "deserialize"
JOIN: Final = "join_carts"
SKIP: Final = "count_skipped"
PUBLISH: Final = "publish"

STEPS: Final = (JOURNAL, DESERIALIZE, JOIN, SKIP, PUBLISH)
"""The ids of the drawn steps, in the order in which a record meets them."""

OF_THE_FIRST: Final = (JOURNAL, DESERIALIZE)
"""The steps that the first worker takes alone; the others are spread over all."""

SNAPSHOT: Final = "snapshot"
"""What is measured beside them: how long the flow waits at the end of an epoch."""

EDGES: Final = (
    (JOURNAL, DESERIALIZE),
    (DESERIALIZE, JOIN),
    (DESERIALIZE, SKIP),
    (JOIN, PUBLISH),
    (SKIP, PUBLISH),
)
"""From which step to which records go."""
