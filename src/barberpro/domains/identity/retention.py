"""How long is kept what let someone in, which is in the audit log for good, without what opened the door; and what was
noted of clients in the mode `log`."""

from datetime import timedelta

from barberpro.platform.retention import Kept

from .documents.tables import unregistered
from .grants.tables import authorization_codes, grants, pushed_requests, refresh_tokens
from .usage.tables import usage_days, usage_shapes
from .users.sessions import IDLE
from .users.tables import invitations, sessions

DAY = timedelta(days=1)

KEPT = (
    # A code that is shown again tells of a theft, which is looked for as long as what it led to may be in use.
    Kept(authorization_codes.c.expires_at, DAY),
    Kept(pushed_requests.c.expires_at),
    # Used ones too: a token shown again is a theft until it would have ended by itself. None outlives its grant,
    # which goes after them.
    Kept(refresh_tokens.c.expires_at),
    Kept(grants.c.expires_at, DAY),
    Kept(sessions.c.expires_at),
    Kept(sessions.c.seen_at, IDLE),
    Kept(invitations.c.expires_at),
    # Its author may have written anything into a text.
    Kept(unregistered.c.last_seen_at, 30 * DAY),
    # A year and a month: who asks for a field once a year is seen before it goes.
    Kept(usage_days.c.last_seen_at, 400 * DAY),
    Kept(usage_shapes.c.last_seen_at, 401 * DAY),
)
