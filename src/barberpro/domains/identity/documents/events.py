"""What documents tell others, and the audit log. The digest commits to the text, which is not in the log."""

from dataclasses import dataclass

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class DocumentPublished(Event):
    """A client's document waits for a review. The subject is the document."""

    type = "document.published"
    client: str
    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class DocumentApproved(Event):
    """A client may call a document by its id. The subject is the document."""

    type = "document.approved"
    client: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class DocumentRejected(Event):
    """A document was reviewed, and its client may not call it. The subject is the document."""

    type = "document.rejected"
    client: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class DocumentRevoked(Event):
    """A client may not call a document any more. The subject is the document."""

    type = "document.revoked"
    client: str
    sha256: str
