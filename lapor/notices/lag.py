"""Lag: how late rungs were recorded after their moment, and notices delivered after they were recorded, in buckets."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.records import LagCount, many

RECORDED, DELIVERED = "recorded", "delivered"
BUCKETS = (1, 5, 15, 30, 60, 300, 900, 3600, 21600, 86400)
"""Upper bounds in seconds."""


def count(session: Session, name: str, lags: Iterable[timedelta]) -> None:
    """Count how late things were; a clock set back makes nothing late.

    In a transaction of its own, that ends soon: all who count here wait for each other.
    """
    seconds = sorted(max(0.0, lag.total_seconds()) for lag in lags)
    # in one order, so that nobody waits for who waits for them
    for bucket, those in groupby(seconds, key=_bucket):
        _add(session, name, bucket, list(those))


def _add(session: Session, name: str, bucket: int, seconds: Sequence[float]) -> None:
    counted, total = len(seconds), sum(seconds)
    new = many.INSERTS[session.get_bind().dialect.name](LagCount)
    new = new.values(name=name, seconds=bucket, count=counted, total_seconds=total)
    more = {"count": LagCount.count + counted, "total_seconds": LagCount.total_seconds + total}
    session.execute(new.on_conflict_do_update(index_elements=[LagCount.name, LagCount.seconds], set_=more))


def _bucket(seconds: float) -> int:
    """The upper bound; 0 where there is none.

    >>> [_bucket(seconds) for seconds in (0, 1, 1.5, 86400, 86401)]
    [1, 1, 5, 86400, 0]
    """
    return [*BUCKETS, 0][bisect_left(BUCKETS, seconds)]


def lines(session: Session) -> Sequence[str]:
    """The counts as Prometheus reads them: how many were late by no more than so many seconds."""
    rows = session.scalars(select(LagCount).order_by(LagCount.name.desc()))
    return [line for name, those in groupby(rows, lambda row: row.name) for line in _histogram(name, those)]


def _histogram(name: str, rows: Iterable[LagCount]) -> Iterable[str]:
    found = {row.seconds: row for row in rows}
    yield f"# TYPE lapor_{name}_lag_seconds histogram"
    counted, total = 0, 0.0
    for bucket in (*BUCKETS, 0):
        row = found.get(bucket)
        counted, total = counted + (row.count if row else 0), total + (row.total_seconds if row else 0.0)
        yield f'lapor_{name}_lag_seconds_bucket{{le="{bucket or "+Inf"}"}} {counted}'
    yield f"lapor_{name}_lag_seconds_sum {total:.3f}"
    yield f"lapor_{name}_lag_seconds_count {counted}"
