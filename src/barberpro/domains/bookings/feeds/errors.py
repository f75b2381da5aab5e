"""What may stand in the way of a calendar feed."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class FeedNotFound(NotFound):
    """No calendar feed of this organization has that id, or the caller may not see it."""

    code = "FEED_NOT_FOUND"
    says = "There is no calendar feed {feed_id}."
    feed_id: str
    """The feed asked for."""


@dataclass(eq=False)
class FeedSubjectInvalid(Invalid):
    """A feed is of one location or of one provider."""

    code = "FEED_SUBJECT_INVALID"
    says = "Name either a location or a provider for the calendar."


@dataclass(eq=False)
class FeedNamesRefused(Invalid):
    """Whoever opens a feed cannot show more in it than they may see."""

    code = "FEED_NAMES_REFUSED"
    says = "Only who holds {scope} opens a calendar that shows full names."
    scope: str
    """The scope that is missing."""


@dataclass(eq=False)
class TooManyFeeds(Conflict):
    """As many feeds of this location or provider are open as can be."""

    code = "TOO_MANY_FEEDS"
    says = "At most {most} calendars of a location or provider are open at once. Close one first."
    most: int
    """How many can be."""
