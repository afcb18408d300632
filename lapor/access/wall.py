"""The second wall, on PostgreSQL: within a request of an officer the database itself shows the cases of one agency only."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lapor.access.principal import Principal
from lapor.machine.organisation import Organisation


def put_up(session: Session, organisation: Organisation, principal: Principal) -> None:
    """Until the end of the transaction rows of other agencies are not there for this officer, whatever is asked.

    It is coarse on purpose, and knows nothing of the scope, which is finer. The inspector and those at the root have
    no wall: all agencies are theirs. Neither have reporters: a secret opens cases one by one.
    """
    if principal.post is None or session.get_bind().dialect.name != "postgresql":
        return
    agency = organisation.agency(principal.unit_id)
    if principal.role == "inspector" or agency == organisation.root.id:
        return
    units = ",".join(map(str, sorted(organisation.subtree(agency))))
    told = {"lapor.wall": "on", "lapor.units": units, "lapor.post": str(principal.post_id)}
    session.execute(select(*(func.set_config(name, value, True) for name, value in told.items())))
