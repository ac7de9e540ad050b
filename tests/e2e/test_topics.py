"""The topics on the page: how far each partition is, and the decision about what is lost."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.kafka.reading import events, read_with_a_gap, reading
from tests.kit.broker import Broker
from tests.kit.running import Cartwatch
from tests.kit.topic import Topic, orders


def test_the_view_of_the_flow_shows_each_partition(
    page: Page, tmp_path: Path, noida: Broker
) -> None:
    """As the server renders it, and then as records come; a partition that is added, too."""
    topic = Topic(noida)
    with reading(tmp_path / "data", topic) as server:
        topic.send(orders(range(3)))
        events(server, 3)
        page.goto(f"{server.url}/flow")
        panel = page.locator("flow-topics")
        expect(panel.locator("[data-partition='orders/0'] [data-fact=next]")).to_have_text("3")
        topic.send(orders(range(3, 8)))
        expect(panel.locator("[data-partition='orders/0'] [data-fact=next]")).to_have_text("8")
        topic.add_partitions(2)
        expect(panel.locator("[data-partition='orders/1'] [data-fact=lag]")).to_have_text("0")
        noida.stop()
        expect(panel).to_have_attribute("data-kafka", "down")
        expect(panel.locator(".topics-words")).to_contain_text("have been silent for")


def test_a_loss_is_given_up_on_the_page(page: Page, tmp_path: Path, noida: Broker) -> None:
    """It says which records of which partition are gone, and where it would go on."""
    topic = Topic(noida)
    data = tmp_path / "data"
    read_with_a_gap(data, topic)
    with reading(data, topic) as server:
        page.goto(f"{server.url}/flow")
        panel = page.locator("flow-topics")
        expect(panel).to_have_attribute("data-kafka", "stopped")
        expect(panel.locator(".topics-loss")).to_contain_text("from 5 to 7 are gone")
        panel.get_by_text("Go on without them…").click()
        panel.get_by_role("button", name="Go on at offset 8, without them").click()
        events(server, 7)
        expect(panel).to_have_attribute("data-kafka", "reading")
        expect(panel.locator(".topics-loss")).to_have_count(0)


def test_without_topics_there_is_no_word_of_them(page: Page, cartwatch: Cartwatch) -> None:
    """Whoever does not use Kafka sees nothing of it."""
    page.goto(f"{cartwatch.url}/flow")
    expect(page.locator("flow-graph")).to_be_visible()
    expect(page.locator("flow-topics")).to_have_count(0)
