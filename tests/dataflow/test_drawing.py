"""The flow as it is drawn, held against the flow as it is built."""

from bytewax.testing import TestingSink, TestingSource
from bytewax.visualize import to_rendered

from dataflow.drawing import DESERIALIZE, EDGES, PUBLISH, STEPS
from dataflow.flow import build_flow

CHUNKS = (DESERIALIZE, PUBLISH)
"""The way of what is told of whole chunks: no record goes it."""


def built() -> dict[str, set[str]]:
    """Give of each step of the real flow the steps that it hands on to."""
    steps = to_rendered(build_flow(TestingSource([]), TestingSink([]))).substeps
    of_port = {port.port_id: step.step_name for step in steps for port in step.out_ports}
    follows: dict[str, set[str]] = {step.step_name: set() for step in steps}
    for step in steps:
        for port in step.inp_ports:
            for sent_from in port.from_port_ids:
                follows[of_port[sent_from]].add(step.step_name)
    return follows


def drawn_behind(step: str, follows: dict[str, set[str]]) -> set[str]:
    """Give the drawn steps that one reaches without passing another."""
    found: set[str] = set()
    for each in follows[step]:
        found |= {each} if each in STEPS else drawn_behind(each, follows)
    return found


def test_every_drawn_step_is_one_of_the_flow() -> None:
    """By its frozen id: what is shown of it is true of the step that a person finds there."""
    assert set(STEPS) <= built().keys()


def test_the_drawn_ways_are_those_that_records_go_in_the_flow() -> None:
    """Each of them, and no other: a step that is put in or taken out shows here."""
    follows = built()
    found = {(step, behind) for step in STEPS for behind in drawn_behind(step, follows)}
    assert found - {CHUNKS} == set(EDGES)
    assert CHUNKS in found
