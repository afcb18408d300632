"""What is stored: SQLAlchemy records, one noun a file, without behaviour."""

from lapor.records.account import Account, Invitation, Tenure
from lapor.records.attachment import Attachment
from lapor.records.base import Record
from lapor.records.clock import ClockRow
from lapor.records.complaint import Complaint, ReportedParty
from lapor.records.directory import AbsenceRow, CategoryRow, PostRow, RegionRow, StandardRow, UnitRow
from lapor.records.erasure import Erasure, Export
from lapor.records.escalation import Escalation
from lapor.records.gathering import Gathering
from lapor.records.idempotency import IdempotencyKey
from lapor.records.lag import LagCount
from lapor.records.limit import LimitCount
from lapor.records.message import Message
from lapor.records.opening import Look, Opening, OpeningDecision
from lapor.records.outbox import Notice, NoticeChoice, WeeklyMail
from lapor.records.publication import PublicVersion
from lapor.records.replay import ReplayLine
from lapor.records.reporter import Reporter
from lapor.records.template import AnswerTemplate
from lapor.records.token import Token
from lapor.records.trail import TrailEntry
from lapor.records.version import CalendarVersion, DefinitionVersion, Heartbeat, Revision
from lapor.records.webhook import Webhook, WebhookDelivery

__all__ = [
    "AbsenceRow",
    "Account",
    "AnswerTemplate",
    "Attachment",
    "CalendarVersion",
    "CategoryRow",
    "ClockRow",
    "Complaint",
    "DefinitionVersion",
    "Erasure",
    "Escalation",
    "Export",
    "Gathering",
    "Heartbeat",
    "IdempotencyKey",
    "Invitation",
    "LagCount",
    "LimitCount",
    "Look",
    "Message",
    "Notice",
    "NoticeChoice",
    "Opening",
    "OpeningDecision",
    "PostRow",
    "PublicVersion",
    "Record",
    "RegionRow",
    "ReplayLine",
    "ReportedParty",
    "Reporter",
    "Revision",
    "StandardRow",
    "Tenure",
    "Token",
    "TrailEntry",
    "UnitRow",
    "Webhook",
    "WebhookDelivery",
    "WeeklyMail",
]
