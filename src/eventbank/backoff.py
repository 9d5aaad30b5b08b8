"""How long to wait before a server is asked again."""

from __future__ import annotations

import email.utils
import random
import time

LONGEST_WAIT = 60.0
"""Seconds: the longest wait, and the longest that a server may ask for."""


def pause(attempt: int, asked: float | None, first: float) -> float:
    """Seconds before the next attempt: as long as the server asked for, else twice as long as the time before, give or take a quarter.

    Args:
        attempt: how many attempts there were, from 1.
        asked: what `asked_for` gave.
        first: seconds before the second attempt.
    """
    if asked is not None:
        return asked + random.uniform(0, 0.1)
    return min(first * 2.0 ** min(attempt - 1, 30), LONGEST_WAIT) * random.uniform(0.75, 1.25)


def asked_for(retry_after: str | None) -> float | None:
    """Seconds that the header Retry-After asks for, as a number or as a date (RFC 9110, 10.2.3); None if it says neither."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        when = email.utils.parsedate_tz(retry_after)
        return max(0.0, email.utils.mktime_tz(when) - time.time()) if when else None
    return max(0.0, seconds) if seconds == seconds else None
