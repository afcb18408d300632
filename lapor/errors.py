"""The one family of errors. A docstring is the default message; attributes carry what the catcher needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lapor.machine.definition import Fault


class LaporError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])


class InvalidFields(LaporError):
    """Some fields are not as they must be."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {name: list(messages) for name, messages in errors.items()}
        listed = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in self.errors.items())
        super().__init__(f"{type(self).__doc__} {listed}")


class TooLarge(LaporError):
    """The file is too large."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"The file has more than {most} bytes.")


class NotOpen(LaporError):
    """This move is not open now."""

    def __init__(self, move: str, state: str, guard: str | None = None) -> None:
        self.move, self.state, self.guard = move, state, guard
        why = f": {guard}" if guard else ""
        super().__init__(f"The move {move} is not open in the state {state}{why}.")


class NotPublishable(LaporError):
    """This case cannot be published."""


class Stale(LaporError):
    """The case has changed since it was read."""


class Forbidden(LaporError):
    """The caller may see this, but not do it."""


class NotFound(LaporError):
    """There is nothing here, or nothing that the caller may see."""


class Unauthenticated(LaporError):
    """The token is missing, unknown, expired or revoked."""


class NotRecognised(LaporError):
    """E-mail address, password and one-time code do not belong together, or the account is disabled."""


class TooMany(LaporError):
    """There were too many of these; they are taken again after a while."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"There were too many of these: try again in {retry_after} seconds.")


class KeyInFlight(LaporError):
    """A request with this idempotency key is still under way."""


class KeyReused(LaporError):
    """This idempotency key was used with another body."""


class Unavailable(LaporError):
    """The database cannot be reached now; try again shortly."""


class Unopenable(LaporError):
    """Something that was sealed cannot be opened."""


class NoWorkingTime(LaporError):
    """The calendar has no working time, so nothing can ever be due."""


class CannotRun(LaporError):
    """The command cannot run: the message says what is wrong and what to do."""


class SettingsFaulty(CannotRun):
    """The settings have faults."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class CalendarFaulty(CannotRun):
    """A calendar has faults."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class DefinitionUnreadable(CannotRun):
    """A definition is missing or is not YAML."""


class DefinitionFaulty(CannotRun):
    """A definition does not satisfy the proofs."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))
