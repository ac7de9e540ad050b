"""What one reader was shown, and what must never be shown to it. Pure.

A screen is a browser's: frames of ``/ws`` in, its window out. A feed is that of a fulfilment
system, which reads ``/api/completed`` from the last ``seq`` that it saw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.kit.frames import KEYS, Frame, applied

Complain = Callable[[str], None]


class Versions:
    """The newest version of each cart that one reader has seen; none may ever be older again."""

    def __init__(self, reader: str, complain: Complain) -> None:
        self._reader = reader
        self._complain = complain
        self._newest: dict[str, int] = {}

    def see(self, cart: dict[str, Any]) -> None:
        user_id, version = cart["user_id"], cart["version"]
        newest = self._newest.get(user_id, 0)
        if version < newest:
            self._complain(
                f"{self._reader}: the cart of {user_id!r} went back from {newest} to {version}"
            )
        self._newest[user_id] = max(newest, version)


class Growing:
    """Numbers that may only grow in the eyes of one reader."""

    def __init__(self, reader: str, complain: Complain) -> None:
        self._reader = reader
        self._complain = complain
        self._greatest: dict[str, int] = {}

    def see(self, name: str, number: int) -> None:
        greatest = self._greatest.get(name, 0)
        if number < greatest:
            self._complain(f"{self._reader}: {name} went back from {greatest} to {number}")
        self._greatest[name] = max(greatest, number)


class Screen:
    """One browser's window, kept up to date by frames, over any number of connections."""

    def __init__(self, reader: str, complain: Complain) -> None:
        self._reader = reader
        self._complain = complain
        self._begun = False
        self._shown: Frame = {}
        self._versions = Versions(reader, complain)
        self._growing = Growing(reader, complain)
        self.generation = 0
        self.frames = 0

    def connected(self, since: str = "") -> None:
        """A new connection: the server says everything, or what was missed ``since``."""
        self._begun = bool(since)

    @property
    def since(self) -> str:
        """What is shown, in the words of who comes back; empty where that is nothing yet."""
        shown = self._shown
        return f"{shown['generation']}.{shown['version']}" if shown else ""

    @property
    def has_begun(self) -> bool:
        """Whether this connection has brought its snapshot."""
        return self._begun

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Give the rows of a list in order."""
        rows: list[dict[str, Any]] = self._shown.get(name, {"items": []})["items"]
        return rows

    def take(self, frame: dict[str, Any]) -> None:
        """Show a frame."""
        self.frames += 1
        match frame["type"]:
            case "snapshot":
                self._see_generation(int(frame["generation"]))
                self._begun = True
                self._shown = frame
                self._see(frame)
            case "changes" if self._begun:
                try:
                    self._shown = applied(self._shown, frame)
                except (KeyError, AssertionError) as error:
                    self._complain(f"{self._reader}: {error!r} is unknown in {frame}")
                self._see(frame)
            case "heartbeat" if self._begun:
                pass
            case kind:
                self._complain(f"{self._reader}: {kind!r} where the snapshot should come")

    def _see_generation(self, generation: int) -> None:
        if generation < self.generation:
            self._complain(f"{self._reader}: generation {generation} came after {self.generation}")
        if generation > self.generation:
            self._versions = Versions(self._reader, self._complain)
            self._growing = Growing(self._reader, self._complain)
        self.generation = generation

    def _see(self, frame: dict[str, Any]) -> None:
        for cart in self._changed(frame, "carts"):
            self._versions.see(cart)
        for upload in self._changed(frame, "uploads"):
            see_upload(upload, self._growing, self._complain)
        for name in ("events", "duplicates", "skipped", "paid") if "stats" in frame else ():
            self._growing.see(name, frame["stats"][name])

    def _changed(self, frame: dict[str, Any], name: str) -> list[dict[str, Any]]:
        """Give the rows that a frame tells of, whole."""
        told = {item[KEYS[name]] for item in frame.get(name, {}).get("items", [])}
        return [row for row in self.rows(name) if row[KEYS[name]] in told]


def see_upload(upload: dict[str, Any], growing: Growing, complain: Complain) -> None:
    """Hold an upload to what is true of its figures at every moment."""
    if upload["processed"] != upload["accepted"] + upload["skipped"] + upload["blank"]:
        complain(f"an upload's figures do not add up: {upload}")
    growing.see(f"processed of {upload['id']}", upload["processed"])


class Feed:
    """The completed orders as one reader has collected them."""

    def __init__(self, complain: Complain) -> None:
        self._complain = complain
        self._pairs: set[tuple[str, int | str]] = set()
        self.items: list[dict[str, Any]] = []

    @property
    def cursor(self) -> int:
        """The last ``seq`` that was seen."""
        return int(self.items[-1]["seq"]) if self.items else 0

    def take(self, items: list[dict[str, Any]]) -> None:
        """Collect what came behind the cursor."""
        for item in items:
            pair = (item["user_id"], item["order_id"])
            if item["seq"] <= self.cursor:
                self._complain(f"the feed does not go on behind {self.cursor}: {item}")
            if pair in self._pairs:
                self._complain(f"the feed completes an order twice: {item}")
            self._pairs.add(pair)
            self.items.append(item)

    def compare(self, whole: list[dict[str, Any]]) -> None:
        """Hold the whole feed, read anew, to what it once showed."""
        if whole[: len(self.items)] != self.items:
            for once, now in zip(self.items, whole, strict=False):
                if once != now:
                    self._complain(f"the feed showed {once}, and now {now} in its place")
                    return
            self._complain(f"the feed had {len(self.items)} items, and now has {len(whole)}")
