"""The public catalogue against shapes that somebody else wrote. Run by `make test-dcat-ap`."""

import os
from pathlib import Path

import pytest
from rdflib import Graph

from services.catalog.announced.dcat import Syntax
from tests.catalog.dcat_ap.graphs import faults, said

pytestmark = pytest.mark.external


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("syntax", list(Syntax), ids=str)
def test_what_is_announced_breaks_nothing_that_the_shapes_of_others_demand(
    syntax: Syntax,
) -> None:
    told = os.environ.get("DCAT_AP_SHAPES", "").split()
    assert told, 'say which shapes: make test-dcat-ap SHAPES="a.ttl b.ttl"'
    shapes = Graph()
    for path in told:
        shapes.parse(Path(path))
    found = faults(said(syntax), shapes)
    assert sorted(fault for fault in found if fault.severity == "Violation") == []
