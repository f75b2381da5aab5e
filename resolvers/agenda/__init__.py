"""What agendas are made of, in the graph: days beside the week, shifts, time off, skills, ways; and what is free."""

from . import availability as availability
from . import calendars as calendars
from . import changes as changes
from . import options as options
from . import rosters as rosters
