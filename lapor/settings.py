"""config.yaml and LAPOR_* become one frozen Settings. Every default, rule and comment stands here, once."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from marshmallow import ValidationError, fields, validate

from lapor import settings_file
from lapor.errors import SettingsFaulty
from lapor.machine.calendar import Window
from lapor.machine.definition import OFFICES
from lapor.settings_fields import Network, Opening, a_zone, faults_of, hosts, in_order, own_hosts
from lapor.settings_fields import day as _day
from lapor.settings_fields import defaults as _defaults
from lapor.settings_fields import flag as _flag
from lapor.settings_fields import like as _like
from lapor.settings_fields import listed as _list
from lapor.settings_fields import nested as _nested
from lapor.settings_fields import parts as _parts
from lapor.settings_fields import section as _section
from lapor.settings_fields import setting as _setting
from lapor.settings_fields import shape as _shape
from lapor.settings_fields import text as _text
from lapor.settings_fields import whole as _whole
from lapor.settings_fields import words as _words
from lapor.settings_file import nearest

_ALIASES = {"LAPOR_DATABASE_URL": ("database", "url"), "LAPOR_PORT": ("server", "port")}
_NO_SETTINGS = ("LAPOR_CONFIG", "LAPOR_TEST_")
_HEADER = """\
# The deployment: every setting, with its default. What is left out keeps it; a name that is not here is an error.
# `lapor config check` lists all faults at once. The environment wins over this file: LAPOR_MAIL__HOST is mail.host;
# LAPOR_DATABASE_URL and LAPOR_PORT are short forms; LAPOR_CONFIG names another file than this.
# Relative paths start at the folder of this file.
"""


def _opens(hours: OfficeHours) -> None:
    if not hours.week:
        raise ValidationError("must be open on one day at least")


def _sender_known(mail: Mail) -> None:
    if mail.host and not mail.sender:
        raise ValidationError("from is needed where host is set")


def _hours(default: str = "07:30-16:00") -> Any:
    return _setting([default] if default else [], _list(Opening(), in_order))


def _per_hour(default: int, comment: str) -> Any:
    return _setting(default, _whole(0, 1_000_000), comment)


_DATABASES = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
_DATABASE = _like(r"sqlite:///[^:?].*|postgres(ql)?(\+psycopg)?://.+", _DATABASES)
_WEB_ADDRESS = _like(r"(https?://[^\s?#]+)?", "https://lapor.example")
_HOLIDAYS = "More days off: [{date: 2026-06-01, name: Pilkada, decree: Keppres 1/2026}]"


@dataclass(frozen=True, slots=True)
class Database:
    """Where everything is kept. SQLite is for trying out and for tests, PostgreSQL for production."""

    url: str = _setting("sqlite:///var/lapor.sqlite3", _text(_DATABASE), f"As in {_DATABASES}.", shown=False)


@dataclass(frozen=True, slots=True)
class Server:
    """What `lapor serve` listens on, and how much it takes on at once."""

    host: str = _setting("127.0.0.1", _text(_like(r"\S+", "127.0.0.1")))
    port: int = _setting(8080, _whole(1, 65535))
    workers: int = _setting(2, _whole(1, 64), "Processes.")
    threads: int = _setting(4, _whole(1, 64), "Threads of each process; each may hold one connection to the database.")
    max_body_bytes: int = _setting(1_000_000, _whole(1_000, 100_000_000), "A longer request is refused.")
    hosts: tuple[str, ...] = _setting(
        [],
        _list(_text(_like(r"[A-Za-z0-9.-]+|\[?[0-9A-Fa-f:.]+\]?", "lapor.example"))),
        "The names that people may call the server by, each with any port; empty: that of public_url, the address that "
        "is listened on, localhost and 127.0.0.1.",
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        [],
        _list(Network()),
        "Networks of proxies before the server, as in [10.0.0.0/8]. What they say in X-Forwarded-For is believed; all "
        "who come through a proxy that is not listed count as one caller.",
    )


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When an office works, by local time. There is no source in law for these hours: set your own."""

    monday: tuple[Window, ...] = _hours()
    tuesday: tuple[Window, ...] = _hours()
    wednesday: tuple[Window, ...] = _hours()
    thursday: tuple[Window, ...] = _hours()
    friday: tuple[Window, ...] = _hours("07:30-16:30")
    saturday: tuple[Window, ...] = _hours("")
    sunday: tuple[Window, ...] = _hours("")

    @property
    def week(self) -> Mapping[int, tuple[Window, ...]]:
        """The days that have office hours; 0 is Monday."""
        days = (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)
        return {weekday: windows for weekday, windows in enumerate(days) if windows}


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off, and the decree that says so."""

    day: date = _setting(None, _day(key="date"))
    name: str = _setting(None, _text())
    decree: str = _setting(None, _text())


@dataclass(frozen=True, slots=True)
class Calendar:
    """Changes to the national calendar: decrees come mid-year. What `lapor calendar import` reads lies on top of them."""

    holidays: tuple[Holiday, ...] = _setting([], _list(_nested(Holiday)), _HOLIDAYS)
    working: tuple[date, ...] = _setting([], _list(_day()), "Days off that are worked after all: [2026-05-15]")


@dataclass(frozen=True, slots=True)
class Mail:
    """The SMTP server. Without a host and without a folder no mail is sent: messages wait."""

    host: str = _setting("", _text())
    port: int = _setting(587, _whole(1, 65535))
    user: str = _setting("", _text())
    password: str = _setting("", _text(), "Better in the environment: LAPOR_MAIL__PASSWORD", shown=False)
    sender: str = _setting("", _text(_like(r"(\S+@\S+)?", "lapor@city.example"), key="from"), "Needed with a host.")
    starttls: bool = _setting(True, _flag())
    timeout_seconds: int = _setting(10, _whole(1, 300))
    folder: Path = _setting("", _text(), "For trying out: without a host each message becomes a file in this folder.")


@dataclass(frozen=True, slots=True)
class Notices:
    """What people are told by mail, and how often."""

    texts: Path | None = _setting("", _text(), "A folder whose id.yaml and en.yaml replace single texts; empty: none.")
    digest: bool = _setting(True, _flag(), "Officers may choose one mail a day; false: all are told at once.")
    weekly: bool = _setting(True, _flag(), "Supervisors and coordinators are mailed each week how their cases stand.")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How agencies' own apps are told of their cases: `lapor webhook add`."""

    allow_private: bool = _setting(
        False,
        _flag(),
        "For trying out: http, and addresses inside this network. Anybody who registers a webhook could look around there.",
    )
    timeout_seconds: int = _setting(10, _whole(1, 15), "For one attempt as a whole, but for looking up the name.")
    attempts: int = _setting(
        76, _whole(1, 1000), "Then it is given up. 76 take three days: soon at first, then hourly."
    )


@dataclass(frozen=True, slots=True)
class Worker:
    """How often `lapor worker` looks for what is due, and sends what waits."""

    sweep_seconds: int = _setting(15, _whole(1, 3600))
    batch: int = _setting(200, _whole(1, 10_000), "Complaints to one transaction.")
    send_seconds: int = _setting(10, _whole(1, 3600))


@dataclass(frozen=True, slots=True)
class Accounts:
    """Officers' accounts: `lapor account operator` invites the first, and these invite the others."""

    invitation_days: int = _setting(7, _whole(1, 90), "Then the code of an invitation is worth nothing.")
    session_hours: int = _setting(12, _whole(1, 720), "Then an officer logs in again.")
    totp_roles: tuple[str, ...] = _setting(
        ["custodian", "operator", "inspector"],
        _list(_text(validate.OneOf(OFFICES, error="must be one of {choices}"))),
        "Whoever holds a post in one of these roles logs in with a one-time code as well.",
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How many of a kind are taken in an hour, by all processes together; 0: no limit. More are told to come again."""

    submissions: int = _per_hour(60, "By citizens, from one block of addresses: a /24 of IPv4, a /56 of IPv6.")
    keyed_in: int = _per_hour(600, "Submissions by one officer, at a counter or from letters, wherever they come from.")
    words: int = _per_hour(30, "Messages and moves by the reporter of one case.")
    failed_secrets: int = _per_hour(100, "Wrong secrets and tokens from one address block. A right one always works.")
    failed_secrets_of_number: int = _per_hour(20, "Wrong secrets for one tracking number, from anywhere.")
    failed_sessions: int = _per_hour(
        40, "Wrong passwords for one account from one block: a quarter in each 15 minutes."
    )
    codes: int = _per_hour(5, "Codes to one address, with which reporters gather what they reported.")
    mails: int = _per_hour(30, "Mails to one address of a reporter. More than these wait until the hour is over.")


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept."""

    idempotency_hours: int = _setting(24, _whole(1, 720), "A submission sent again in this time is the same one.")
    closed_days: Mapping[str, int] = _setting(
        dict.fromkeys(("complaint", "aspiration", "information_request"), 0),
        fields.Dict(keys=_text(), values=_whole(0, 36_500), error_messages=_words("must be kinds with days")),
        "Closed cases older than this are erased, by kind, but for counts and moments; 0: they are kept for ever. "
        "None before its appeal window and the Ombudsman's term are over.",
    )


@dataclass(frozen=True, slots=True)
class Privacy:
    """How long what is hidden stays open to whoever was granted a look, and when a reporter's wish is carried out."""

    opening_hours: int = _setting(72, _whole(1, 720), "After this an opened identity or content is closed again.")
    erasure_after_hours: int = _setting(
        48,
        _whole(1, 72),
        "A case is erased so long after its reporter asked; until then custodians may refuse. The law gives 72 hours.",
    )


@dataclass(frozen=True, slots=True)
class Attachments:
    """The files that come with a complaint: sealed on disk, under random names."""

    max_bytes: int = _setting(10_000_000, _whole(1_000, 1_000_000_000), "A longer file is refused.")
    max_number: int = _setting(10, _whole(1, 1000), "Of one case.")
    folder: Path = _setting("", _text(), "Back it up with the database; empty: attachments in the folder `var`.")


@dataclass(frozen=True, slots=True)
class Doors:
    """Where complaints come in."""

    default: str = _setting("", _text(), "Code of the unit for complaints that name no door; empty: the root.")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys. Whoever loses one loses what it opens: back them up, apart from the database."""

    pepper: Path = _setting("", _text(), "A file, made on first start; empty: pepper.key in the folder `var`.")
    identity: Path = _setting("", _text(), "The keys of who reported: a file as above; empty: identity.keys.")
    content: Path = _setting("", _text(), "The keys of what is confidential: a file as above; empty: content.keys.")


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole deployment. Paths are absolute; `file` is what was read, None without one."""

    public_url: str = _setting("", _text(_WEB_ADDRESS), "How people reach the server; empty: http://HOST:PORT.")
    var: Path = _setting("var", _text(_like(".+", "var")), "The folder for data and keys.")
    workflows: Path = _setting("", _text(), "The folder of the workflow definitions; empty: those that come along.")
    zone: ZoneInfo = _setting("Asia/Jakarta", _text(a_zone), "The zone of a unit that names none.")
    database: Database = _section(Database)
    server: Server = _section(Server)
    office_hours: OfficeHours = _section(OfficeHours, _opens)
    calendar: Calendar = _section(Calendar)
    mail: Mail = _section(Mail, _sender_known)
    notices: Notices = _section(Notices)
    webhooks: Webhooks = _section(Webhooks)
    worker: Worker = _section(Worker)
    accounts: Accounts = _section(Accounts)
    limits: Limits = _section(Limits)
    retention: Retention = _section(Retention)
    privacy: Privacy = _section(Privacy)
    attachments: Attachments = _section(Attachments)
    doors: Doors = _section(Doors)
    secrets: Secrets = _section(Secrets)
    file: Path | None = None


def load(env: Mapping[str, str], cwd: Path) -> Settings:
    """Read the file, then the environment over it.

    Raises:
        SettingsFaulty: with every fault of both, one line each.
    """
    values, faults = _defaults(Settings), list[str]()
    file, given = settings_file.configured(env, cwd, faults)
    _lay_over(values, given, faults)
    sources = _take(values, env, faults)
    try:
        settings: Settings = _shape(Settings).load(values)
    except ValidationError as found:
        faults += [f"{sources.get(path, path)}: {text}" for path, text in faults_of(found.messages_dict)]
    if faults:
        raise SettingsFaulty(faults)
    return _anchored(settings, file, file.parent if file else cwd.resolve())


def shipped_workflows() -> Path:
    """The folder of the definitions that come along: inside the package in a wheel, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    return here / "workflows" if (here / "workflows").is_dir() else here.parent / "workflows"


def example() -> str:
    """The text of config.yaml: every setting, its default and a comment."""
    return "\n".join([_HEADER, *(line for name, part in _parts(Settings) for line in _entry(name, part)), ""])


def _entry(name: str, part: dataclasses.Field[Any], indent: str = "") -> list[str]:
    start, told = f"{indent}# ", part.metadata
    comment = textwrap.wrap(told["comment"], 118, initial_indent=start, subsequent_indent=start)
    if "of" in told:
        return ["", *comment, f"{name}:", *(line for each in _parts(told["of"]) for line in _entry(*each, "  "))]
    value = yaml.safe_dump(told["default"], default_flow_style=True).removesuffix("...\n").strip()
    return [*comment, f"{indent}{name}: {value}"]


def _lay_over(values: dict[str, Any], given: dict[str, Any], faults: list[str], above: str = "") -> None:
    """Section by section; one that is there but empty changes nothing."""
    for name, value in given.items():
        if name not in values:
            faults.append(f"{above}{name}: unknown{nearest(name, values)}")
        elif not isinstance(values[name], dict):
            values[name] = value
        elif isinstance(value, dict):
            _lay_over(values[name], value, faults, f"{name}.")
        elif value is not None:
            faults.append(f"{name}: must be names with values")


def _take(values: dict[str, Any], env: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    """Lay the environment over the values; returns which variable each setting came from."""
    known, sources = _variables(), dict[str, str]()
    for variable in sorted(name for name in env if name.startswith("LAPOR_") and not name.startswith(_NO_SETTINGS)):
        if variable not in known:
            faults.append(f"{variable}: unknown{nearest(variable, known)}")
            continue
        path, default = known[variable]
        section = values[path[0]] if len(path) > 1 else values
        section[path[-1]] = env[variable] if isinstance(default, str) else settings_file.typed(env[variable])
        sources[".".join(path)] = variable
    return sources


def _variables() -> dict[str, tuple[tuple[str, ...], object]]:
    """Every variable that means a setting: which one, and its default."""
    found: dict[tuple[str, ...], object] = {}
    for name, below in _defaults(Settings).items():
        found |= {(name, inner): v for inner, v in below.items()} if isinstance(below, dict) else {(name,): below}
    named = {"LAPOR_" + "__".join(path).upper(): path for path in found} | _ALIASES
    return {variable: (path, found[path]) for variable, path in named.items()}


def _anchored(given: Settings, file: Path | None, base: Path) -> Settings:
    """Fill in what is empty, and let paths start at `base`."""
    var = base / given.var
    url = given.public_url.rstrip("/") or f"http://{given.server.host}:{given.server.port}"
    return dataclasses.replace(
        given,
        file=file,
        var=var,
        zone=ZoneInfo(str(given.zone)),
        public_url=url,
        server=dataclasses.replace(given.server, hosts=hosts(given.server.hosts or own_hosts(url, given.server.host))),
        workflows=base / given.workflows if str(given.workflows) else shipped_workflows(),
        notices=dataclasses.replace(given.notices, texts=base / given.notices.texts if given.notices.texts else None),
        database=Database(_anchored_url(given.database.url, base)),
        mail=dataclasses.replace(given.mail, folder=base / given.mail.folder if str(given.mail.folder) else Path()),
        attachments=dataclasses.replace(
            given.attachments, folder=_file(given.attachments.folder, base, var / "attachments")
        ),
        secrets=Secrets(
            pepper=_file(given.secrets.pepper, base, var / "pepper.key"),
            identity=_file(given.secrets.identity, base, var / "identity.keys"),
            content=_file(given.secrets.content, base, var / "content.keys"),
        ),
    )


def _file(given: Path, base: Path, default: Path) -> Path:
    return base / given if str(given) else default


def _anchored_url(url: str, base: Path) -> str:
    if url.startswith("sqlite:///"):
        return f"sqlite:///{base / url.removeprefix('sqlite:///')}"
    return re.sub(r"^[^:]+://", "postgresql+psycopg://", url)
