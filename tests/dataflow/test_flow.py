"""The flow in its engine: whatever it is fed and wherever it is killed, what the oracle says."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from bytewax.testing import TestingSink, TestingSource
from bytewax.visualize import to_rendered
from hypothesis import given
from hypothesis import strategies as st

from dataflow.flow import build_flow, console_flow, deserialize
from dataflow.journal import Entry
from dataflow.messages import Figures, Message, RecordsSkipped, Started, Taken
from dataflow.recovery import purge
from dataflow.steps import Restored, SkippedBatch
from dataflow.synthetic import generate
from tests.kit.entries import chunk, placed
from tests.kit.memory_view import MemoryView
from tests.kit.oracle import Oracle
from tests.kit.streams import slow_claim, sources

GROUPS = 5
Item = Entry | Started | TestingSource.ABORT | TestingSource.EOF

uploads = st.lists(st.tuples(sources(), st.integers(1, 4)), min_size=1, max_size=4)


def entries_of(drawn: list[tuple[bytes, int]]) -> list[Entry]:
    """Cut whole sources into the chunks of a journal, so many lines each."""
    entries: list[Entry] = []
    for number, (data, most_lines) in enumerate(drawn):
        lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        whole = [line + b"\n" for line in lines[:-1]] + [lines[-1]] * bool(lines[-1])
        for start in range(0, len(whole), most_lines):
            data = b"".join(whole[start : start + most_lines])
            offset = len(entries) + 1
            is_last = start + most_lines >= len(whole)
            source = f"{number}.jsonl"
            upload = f"upload-{number}"
            entries.append(chunk(offset, upload, source, start + 1, data, is_last=is_last))
    return placed(entries)


def run(items: list[Item], sent: list[tuple[str, Message]], recovery: Path | None = None) -> int:
    """Run the flow once with an epoch for every item; gives how many carts it restored."""
    restored = Restored()
    flow = build_flow(TestingSource(items), TestingSink(sent), groups=GROUPS, restored=restored)
    config = recovery and RecoveryConfig(str(recovery))  # type: ignore[no-untyped-call]
    cli_main(  # type: ignore[no-untyped-call]
        flow, epoch_interval=timedelta(0), recovery_config=config
    )
    return sum(figures.carts for _, _, figures in restored.groups)


def view_of(sent: list[tuple[str, Message]]) -> MemoryView:
    view = MemoryView()
    for _, message in sent:
        view.apply(message)
    return view


def expect(view: MemoryView, drawn: list[tuple[bytes, int]]) -> None:
    """Compare everything that a view holds with the oracle."""
    oracle = Oracle()
    for number, (data, _) in enumerate(drawn):
        counts = oracle.feed(data, f"upload-{number}")
        expected = (counts.accepted, counts.duplicates, counts.skipped, counts.blank)
        assert view.counts(f"upload-{number}") == expected
    assert repr(sorted(view.summaries().items())) == repr(
        sorted((user_id, cart.summary(user_id)) for user_id, cart in oracle.carts.items())
    )
    skipped = sorted((*key, str(record.reason)) for key, record in view.skipped.items())
    assert skipped == sorted(oracle.skipped)
    assert sorted(view.skipped_places) == oracle.skipped_places
    assert sorted(map(repr, view.completed)) == sorted(map(repr, oracle.completed))
    assert sorted(view.completed_places) == oracle.completed_places
    for user_id, cart in oracle.carts.items():
        causes = {repr(o.order_id): (o.ordered, o.paid) for o in view.orders_of(user_id)}
        assert causes == {repr(each): places for each, places in cart.causes().items()}
    if oracle.carts:
        assert view.figures().carts == len(oracle.carts)


@slow_claim
@given(uploads)
def test_the_flow_ends_as_the_oracle_says(drawn: list[tuple[bytes, int]]) -> None:
    """Carts, skipped records, completed orders and every counter are those of the rules."""
    entries = entries_of(drawn)
    sent: list[tuple[str, Message]] = []
    run([*entries], sent)
    view = view_of(sent)
    expect(view, drawn)
    assert [chunk.place for chunk in view.places.values()] == [entry.place for entry in entries]
    assert view.position == (entries[-1].offset + 1 if entries else 0)


@slow_claim
@given(drawn=uploads, kills=st.lists(st.integers(0, 40), max_size=4))
def test_after_any_kills_it_ends_as_if_there_had_been_none(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[bytes, int]], kills: list[int]
) -> None:
    """Killed before any chunk and recovered, as often as you like: nothing lost, nothing twice."""
    recovery = tmp_path_factory.mktemp("recovery")
    init_db_dir(recovery, 1)  # type: ignore[no-untyped-call]
    entries = entries_of(drawn)
    sent: list[tuple[str, Message]] = []
    for place in sorted(kill % (len(entries) + 1) for kill in kills):
        items: list[Item] = [*entries]
        items.insert(place, TestingSource.ABORT())
        run(items, sent, recovery)
        purge(recovery)
    run([*entries], sent, recovery)
    expect(view_of(sent), drawn)


def test_a_resume_restores_the_carts_and_tells_how_many(tmp_path: Path) -> None:
    """The figure that a recovery shows is that of the carts that came back, before any record."""
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]
    data = b"".join(generate(200, 50, seed=3))
    entries = entries_of([(data, 20)])
    sent: list[tuple[str, Message]] = []
    assert run([*entries[:5], TestingSource.EOF()], sent, tmp_path) == 0
    before = view_of(sent).figures().carts
    assert before > 20
    assert run([*entries[:5], TestingSource.EOF(), *entries[5:]], sent, tmp_path) == before
    expect(view_of(sent), [(data, 20)])


def test_a_tall_cart_and_many_small_ones_come_through(tmp_path: Path) -> None:
    """Thousands of synthetic records of two users and of a thousand, bad ones among them."""
    drawn = [
        (b"".join(generate(2_000, users, bad=0.05, seed=users)), 150) for users in (2, 1_000, 1)
    ]
    sent: list[tuple[str, Message]] = []
    run([*entries_of(drawn)], sent)
    expect(view_of(sent), drawn)


def test_a_start_and_the_positions_pass_through() -> None:
    """The hub hears of the start first, and of the places of every chunk with all that is in it."""
    sent: list[tuple[str, Message]] = []
    entries = placed([chunk(1, None, "api", 1, b"\n\n"), chunk(2, None, "api", 3, b"\n")])
    run([Started(1, []), *entries], sent)
    messages = [message for _, message in sent]
    assert messages[0] == Started(1, [])
    assert [each for each in messages if isinstance(each, Taken)] == [
        Taken(2, 1, 2, "", "api", 1, 1.0),
        Taken(3, 3, 1, "", "api", 3, 2.0),
    ]
    told = [each for each in messages if isinstance(each, RecordsSkipped)]
    assert told == [
        RecordsSkipped(Taken(2, 1, 2, "", "api", 1, 1.0), 0, 2, [], 0, 2),
        RecordsSkipped(Taken(3, 3, 1, "", "api", 3, 2.0), 0, 3, [], 0, 3),
    ]


def test_every_worker_hears_of_the_start_and_of_every_chunk() -> None:
    """By the partition that it publishes by; so each has an end of every epoch with records."""
    (entry,) = placed([chunk(1, None, "api", 1, b"\n\n")])
    told = [*deserialize(Started(4, []), GROUPS, 3), *deserialize(entry, GROUPS, 3)]
    assert [each for each in told if not isinstance(each[1], SkippedBatch)] == [
        *((f"00{worker}", Started(4, [], worker)) for worker in range(3)),
        *((f"00{worker}", Taken(2, 1, 2, "", "api", 1, 1.0, worker)) for worker in range(3)),
    ]


def test_a_worker_publishes_what_it_has_made_by_its_own_partition() -> None:
    """Whatever the group: only what says how far all is goes to the others."""
    sent: list[tuple[str, Message]] = []
    data = b"FAIL\n" + b"".join(generate(40, 20, seed=3))
    items: list[Item] = [Started(1, []), *entries_of([(data, 20)])]
    flow = build_flow(TestingSource(items), TestingSink(sent), groups=GROUPS, worker=1, workers=2)
    cli_main(flow)  # type: ignore[no-untyped-call]
    of_all = {key for key, message in sent if isinstance(message, Started | Taken)}
    made = {key for key, message in sent if not isinstance(message, Started | Taken)}
    assert (of_all, made) == ({"000", "001"}, {"001"})


@pytest.mark.parametrize(
    ("data", "upload", "hinted"),
    [
        (b'[{"user_id": "a"}]\n', "u", True),
        (b"  [\n", "u", True),
        (b"FAIL HERE\n[\n", "u", False),
        (b"[\n", None, False),
    ],
)
def test_a_file_that_looks_like_an_array_gets_a_hint(
    data: bytes, upload: str | None, hinted: bool
) -> None:
    """Who uploads a JSON array reads in the first skipped record what to do about it."""
    items = [item for _, item in deserialize(chunk(1, upload, "f", 1, data), GROUPS)]
    (batch,) = [item for item in items if isinstance(item, SkippedBatch)]
    looks = ["JSON array" in record.message for record in batch.records]
    assert looks == [hinted] + [False] * (len(looks) - 1)


@pytest.mark.parametrize(
    ("data", "upload", "hinted"),
    [
        (b'{"a": 1}{"a": 2}', None, True),
        (b'{"a": 1}, {"a": 2}', None, True),
        (b'{"a": 1}{"a": 2}\n', None, False),
        (b'{"a": 1}', None, False),
        (b'{"a": 1}{"a": 2}', "u", False),
    ],
)
def test_records_that_were_posted_without_their_newlines_get_a_hint(
    data: bytes, upload: str | None, hinted: bool
) -> None:
    """As ``curl -d`` sends a file: what keeps the newlines stands in the skipped record."""
    items = [item for _, item in deserialize(chunk(1, upload, "api", 1, data), GROUPS)]
    (batch,) = [item for item in items if isinstance(item, SkippedBatch)]
    assert ["--data-binary" in record.message for record in batch.records] == [hinted]


@pytest.mark.parametrize(
    ("make", "steps"),
    [
        (
            lambda: build_flow(TestingSource([]), TestingSink([])),
            [
                "cartwatch.journal",
                "cartwatch.deserialize",
                "cartwatch.events",
                "cartwatch.skipped_lines",
                "cartwatch.join_carts",
                "cartwatch.segments",
                *(
                    f"cartwatch.{step}_{index:02}"
                    for index in range(32)
                    for step in ("segments", "keep_segments")
                ),
                "cartwatch.count_skipped",
                "cartwatch.made",
                "cartwatch.place",
                "cartwatch.messages",
                "cartwatch.publish",
            ],
        ),
        (
            console_flow,
            [
                "cart_join.lines",
                "cart_join.deserialize",
                "cart_join.user",
                "cart_join.join_carts",
                "cart_join.format",
                "cart_join.print",
            ],
        ),
    ],
    ids=["dashboard", "console"],
)
def test_the_ids_of_the_steps_are_frozen(make: Callable[[], object], steps: list[str]) -> None:
    """Recovery finds state by them: a renamed step would lose every cart without a word."""
    rendered = to_rendered(make())  # type: ignore[arg-type]
    assert [step.step_id for step in rendered.substeps] == steps


def test_figures_are_the_sums_over_groups() -> None:
    """Spread over key groups, the figures still count every cart and order once."""
    lines = b"".join(
        b'{"user_id": %d, "type": "%s", "order_id": 1}\n' % (user, kind)
        for user in range(20)
        for kind in ((b"order", b"payment") if user % 2 else (b"order",))
    )
    sent: list[tuple[str, Message]] = []
    run([chunk(1, "u", "f", 1, lines)], sent)
    view = view_of(sent)
    assert len(view.groups) == GROUPS
    assert view.figures() == Figures(20, 10, 10, 0, 10, 10, 0)
