"""Who may act for an organization, in the graph: its users, their roles, the keys that clients call with, and the
documents they may call."""

from . import documents as documents
from . import keys as keys
from . import managing as managing
from . import roles as roles
from . import users as users
