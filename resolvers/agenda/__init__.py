"""Agendas, in the graph: what they are made of, what is free in them, and how long a walk-in waits."""

from . import availability as availability
from . import calendars as calendars
from . import changes as changes
from . import options as options
from . import rosters as rosters
from . import walkins as walkins
