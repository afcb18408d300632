"""Files that came with a case. What they hold lies sealed on disk, see `lapor/attachments/store.py`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lapor.records.base import OfComplaint, Record


class Attachment(Record):
    """A file, the `sequence`-th of its case. `name` and files are sealed under `data_key`, confidential or not.

    `bytes` and `view_bytes` are lengths before sealing, the digests (SHA-256, hex) are of the sealed files. A picture
    has a view: what is shown instead of it, with nothing in it but the picture.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        UniqueConstraint("complaint_id", "sequence"),
        CheckConstraint("(view_bytes IS NULL) = (view_digest IS NULL)", name="view"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    complaint_id: Mapped[OfComplaint]
    sequence: Mapped[int]
    at: Mapped[datetime]
    role: Mapped[str]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    name: Mapped[str]
    kind: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str]
    view_bytes: Mapped[int | None] = mapped_column(BigInteger)
    view_digest: Mapped[str | None]
    data_key: Mapped[str]
