"""Who may act for an organization, in the graph: its users, their roles, the keys that clients call with,
the documents they may call, and what they ask for."""

from . import documents as documents
from . import keys as keys
from . import managing as managing
from . import roles as roles
from . import usage as usage
from . import users as users
