"""Bookings in the graph: their types, the agendas they add to others, and what can be done with them."""

from . import afterwards as afterwards
from . import appointments as appointments
from . import changes as changes
from . import charges as charges
from . import feeds as feeds
from . import holds as holds
from . import mutations as mutations
from . import previews as previews
from . import series as series
from .types import Booking as Booking
