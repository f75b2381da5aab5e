"""What may go wrong with documents, for a caller to act on."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class DocumentNotFound(NotFound):
    """There is no such document, or it is another client's."""

    code = "DOCUMENT_NOT_FOUND"
    says = "There is no document {document_id}."
    document_id: str
    """The id that was asked for."""


@dataclass(eq=False)
class DocumentClientNotFound(NotFound):
    """The organization has no such client, or the caller may not publish for it."""

    code = "DOCUMENT_CLIENT_NOT_FOUND"
    says = "There is no client {client_id}."
    client_id: str
    """The id that was asked for."""


@dataclass(eq=False)
class DocumentTooLong(Invalid):
    """The text is longer than a document may be."""

    code = "DOCUMENT_TOO_LONG"
    says = "A document has at most {most} bytes."
    most: int
    """The most bytes it may have, in UTF-8."""


@dataclass(eq=False)
class DocumentUnfit(Invalid):
    """The schema does not answer the document, or not to this client."""

    code = "DOCUMENT_UNFIT"
    says = "Line {line}, column {column}: {detail} The document cannot be registered."
    reason: str
    """The code that a call with this document would be refused with."""
    detail: str
    """What is wrong with it, in English."""
    line: int
    """In which line, from 1 on."""
    column: int
    """At which character of the line, from 1 on."""


@dataclass(eq=False)
class DocumentIdWrong(Invalid):
    """The id is not a digest of the text that it stands for."""

    code = "DOCUMENT_ID_WRONG"
    says = "{given!r} is not the SHA-256, SHA-1 or MD5 of its text, in small hexadecimal digits."
    given: str
    """The id as it was given."""


@dataclass(eq=False)
class DocumentIdTaken(Conflict):
    """Another document of the client has this id: two texts of one digest, which someone has made so."""

    code = "DOCUMENT_ID_TAKEN"
    says = "Another document of this client is called {given}. Name it by its SHA-256."
    given: str
    """The id as it was given."""


@dataclass(eq=False)
class TooManyDocuments(Conflict):
    """The client has as many documents as it may have, or as many that wait for a review."""

    code = "TOO_MANY_DOCUMENTS"
    says = "A client may have {most} documents in use and {most_pending} to be reviewed."
    most: int
    """How many of a client's may be called or wait."""
    most_pending: int
    """How many of them may wait for a review."""


@dataclass(eq=False)
class DocumentNotPending(Conflict):
    """The document does not wait for a review, or not any more."""

    code = "DOCUMENT_NOT_PENDING"
    says = "The document {document_id} is not waiting for a review."
    document_id: str
    """The document."""


@dataclass(eq=False)
class DocumentNotActive(Conflict):
    """The document cannot be called, so nothing is to be revoked."""

    code = "DOCUMENT_NOT_ACTIVE"
    says = "The document {document_id} is not in use."
    document_id: str
    """The document."""


@dataclass(eq=False)
class ManifestInvalid(Invalid):
    """The manifest is none of the forms that are known, too large, or an id in it is wrong."""

    code = "MANIFEST_INVALID"
    says = "{detail} The manifest cannot be read."
    detail: str
    """What is wrong with it, in English."""
