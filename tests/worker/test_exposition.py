"""Which format the metrics are given in."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from streams.process.exposition import expose
from streams.worker import metrics

TEXT, NEWER = "text/plain; version=0.0.4", "text/plain; version=1.0.0"
OPEN = "application/openmetrics-text; version=1.0.0"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
NEWER_PROMETHEUS = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
    "q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html, text/*;q=0.9", TEXT),
        ("image/png", TEXT),
        (PROMETHEUS, OPEN),
        (NEWER_PROMETHEUS, OPEN),
        ("text/plain; version=1.0.0", NEWER),
        ("application/openmetrics-text", OPEN),
        ("Application/OpenMetrics-Text; version=1.0.0", OPEN),
        ("application/openmetrics-text; version=1.0.0; q=0.2, text/plain; q=0.9", TEXT),
        ("text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0", TEXT),
        ("application/openmetrics-text; version=1.0.0; q=0", TEXT),
        ("application/openmetrics-text; version=1.0.0; q=often", OPEN),
        ("application/openmetrics-text; version=0.0.1", TEXT),
        ("application/openmetrics-text; version=99.0.0", TEXT),
        ("application/openmetrics-text; version=newest", TEXT),
        ("text/plain; version=newest;;,=", TEXT),
    ],
)
def test_the_format_is_the_one_that_is_wanted_most(accept: str, type_: str) -> None:
    """Interfaces: text, and OpenMetrics by content negotiation; nonsense is no error."""
    registry = CollectorRegistry()
    metrics.COMMITS.counter(registry)
    body, headers = expose(registry, accept, "")
    assert headers["Content-Type"].startswith(type_)
    assert body.endswith(b"# EOF\n") == (type_ == OPEN)
