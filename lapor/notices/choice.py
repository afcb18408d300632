"""How often a post is told of what can wait: at once, or once a day when its office opens."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lapor.machine.calendar import Calendar
from lapor.machine.organisation import Post
from lapor.records import NoticeChoice

CHOICES = ("at_once", "daily")


def choose(session: Session, post: Post, choice: str, calendar: Calendar, *, now: datetime) -> NoticeChoice:
    """Tell a post so from now on; the caller commits. `calendar` is that of its unit.

    What waits for a daily mail is told at once where that is chosen.
    """
    known = session.scalars(select(NoticeChoice).filter_by(post_id=post.id).with_for_update()).one_or_none()
    chosen = known or NoticeChoice(post_id=post.id)
    if chosen.choice != choice:
        upcoming = opening_after(calendar, now) if choice == "daily" else None
        chosen.choice, chosen.digest_at, chosen.next_attempt_at, chosen.attempts = choice, upcoming, upcoming, 0
    session.add(chosen)
    return chosen


def opening_after(calendar: Calendar, moment: datetime) -> datetime:
    """When an office next opens for the day: breaks at noon do not count."""
    day = calendar.day(moment)
    zone = ZoneInfo(calendar.zone)
    openings = (calendar.next_open(datetime.combine(day + timedelta(days=n), time(), zone)) for n in (0, 1))
    return next(opening for opening in openings if opening > moment)
