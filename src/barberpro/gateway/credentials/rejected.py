"""A credential that is not believed."""


class Rejected(Exception):
    """Not good, or not any more. The reason is for our log, never for the caller."""
