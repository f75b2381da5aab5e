"""Who may act for an organization, in the graph: its users, their roles, and the keys that clients call with."""

from . import keys as keys
from . import managing as managing
from . import roles as roles
from . import users as users
