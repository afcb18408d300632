"""Linking: the same matter reported twice. Each case keeps its clocks and gets its answer; the ladder tells of both once."""

from __future__ import annotations

from lapor.errors import InvalidFields
from lapor.handling.step import Making


def link(making: Making) -> None:
    """Link a case to one about the same matter that came in before it, so that there are no circles.

    Raises:
        InvalidFields: the other case is this one, came in later, or is not open any more.
    """
    complaint, earlier = making.complaint, making.values["earlier"]
    if not earlier.is_open:
        raise InvalidFields({"earlier": ["Must be a case that is open."]})
    if (earlier.received_at, earlier.id) >= (complaint.received_at, complaint.id):
        raise InvalidFields({"earlier": ["Must have come in before this one: link the later case to the earlier."]})
    complaint.linked_to_id = earlier.id


def unlink(making: Making) -> None:
    """Take a link back: from its next rung on the case is told of by itself."""
    making.complaint.linked_to_id = None


EFFECTS = {"link": link, "unlink": unlink}
