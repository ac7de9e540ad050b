"""static/paint/words.js, measures.js: durations, sizes and counts as the page says them."""

from __future__ import annotations

from tests.browser.stage import Stage


def test_figures_are_told_as_a_person_reads_them(stage: Stage) -> None:
    """Durations and sizes have as many digits as they have meaning."""
    told = stage.blank().evaluate(
        """async () => {
          const { count } = await import("/static/paint/words.js");
          const { duration, size } = await import("/static/paint/measures.js");
          return [
            [0.004, 0.412, 9.994, 9.996, 59.94, 75.2, 7_200].map(duration),
            [0, 1, 1023, 1024, 3_481_600, 319_488, 2 ** 40].map(size),
            [count(1, "cart"), count(1_000, "cart")],
          ];
        }"""
    )
    assert told == [
        ["0.00 s", "0.41 s", "9.99 s", "10.0 s", "59.9 s", "1 min 15 s", "120 min 0 s"],
        ["0 bytes", "1 byte", "1,023 bytes", "1.0 KiB", "3.3 MiB", "312 KiB", "1.0 TiB"],
        ["1 cart", "1,000 carts"],
    ]
