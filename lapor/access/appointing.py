"""Who gives which posts to whom, and takes them away again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from lapor.access import accounts, tokens
from lapor.access.principal import Principal
from lapor.errors import NotFound
from lapor.machine.organisation import Organisation
from lapor.records import Account, PostRow, Tenure, Token

INVITERS = ("coordinator", "operator")
# what coordinators give beside doors below their own; who oversees or opens identities is for operators to name
WORKING = ("liaison_officer", "handler", "supervisor")


def given_by(organisation: Organisation, role: str, unit_id: int) -> Select[int]:
    """The ids of the posts that somebody gives who has this role in this unit."""
    every = select(PostRow.id)
    if role == "operator":
        return every
    door_below = and_(PostRow.role == "coordinator", PostRow.unit_id != unit_id)
    within = PostRow.unit_id.in_(organisation.subtree(unit_id))
    return every.where(within, or_(PostRow.role.in_(WORKING), door_below))


def gives(session: Session, organisation: Organisation, role: str, unit_id: int, post_ids: Iterable[int]) -> bool:
    """Whether all these posts are somebody's to give."""
    asked = {*post_ids}
    given = given_by(organisation, role, unit_id).where(PostRow.id.in_(asked))
    return {*session.scalars(given)} == asked


def visible(organisation: Organisation, principal: Principal, *, now: datetime) -> Select[Tenure, Account]:
    """The tenures that the caller may end, and whose: those that last, and those that are still to begin."""
    given = given_by(organisation, principal.role, principal.unit_id)
    chosen = select(Tenure, Account).join(Account, Account.id == Tenure.account_id)
    return chosen.where(not_over(now), Tenure.post_id.in_(given))


def not_over(now: datetime) -> ColumnElement[bool]:
    """The tenures that last, or are still to begin."""
    return or_(Tenure.until.is_(None), Tenure.until > now)


def find(
    session: Session, organisation: Organisation, principal: Principal, tenure_id: int, *, now: datetime
) -> tuple[Tenure, Account]:
    """A tenure that the caller may end, its account locked.

    Raises:
        NotFound: there is none, or it is over.
    """
    there = visible(organisation, principal, now=now).where(Tenure.id == tenure_id)
    found = session.execute(there).one_or_none()
    if found is None:
        raise NotFound
    account = accounts.locked(session, found.Account.id)
    return found.Tenure, account


def end(session: Session, tenure: Tenure, *, now: datetime) -> None:
    """Take a post from an account, for good: what it is logged in to, and its tokens, end with the commit.

    The account must be locked: whoever logs in to it meanwhile waits, and finds the post gone.
    """
    session.refresh(tenure)
    tenure.until = min(tenure.until or now, now)
    tokens.revoke(session, Token.tenure_id == tenure.id, now=now)
