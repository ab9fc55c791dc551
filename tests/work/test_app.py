"""What the app makes of its settings."""

from __future__ import annotations

import pytest

from streams import work


@pytest.mark.parametrize(("session", "beat"), [(2.0, 0.4), (10.0, 1.0), (300.0, 1.0)])
def test_a_heartbeat_comes_within_a_second_however_long_the_session(
    session: float, beat: float
) -> None:
    """By its answer a worker hears that another one comes or goes."""
    app = work.App("x", broker="kafka://127.0.0.1:1", session_timeout=session)
    assert app.conf.broker_heartbeat_interval == beat
