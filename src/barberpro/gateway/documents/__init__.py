"""The documents that clients call: registered in files and in the database, or sent as text."""

from barberpro.platform.contract import contract

from .automatic import Automatic
from .files import BrokenDocuments, Registered, document_id, load_registered, operation_files
from .noted import Noted
from .plans import Plans, checked
from .registry import Registry
from .resolving import Documents

__all__ = [
    "Automatic",
    "BrokenDocuments",
    "Documents",
    "Noted",
    "Plans",
    "Registered",
    "Registry",
    "checked",
    "contract",
    "document_id",
    "load_registered",
    "operation_files",
]
