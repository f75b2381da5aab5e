"""What calendar feeds tell others. The subject is the feed; never its address."""

from dataclasses import dataclass

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class CalendarFeedOpened(Event):
    """Whoever has its address can read a calendar."""

    type = "calendar_feed.opened"
    location_id: str | None
    provider_id: str | None
    names: str


@dataclass(frozen=True, kw_only=True)
class CalendarFeedClosed(Event):
    """Its address shows nothing any more."""

    type = "calendar_feed.closed"
    location_id: str | None
    provider_id: str | None
