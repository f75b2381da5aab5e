"""Weeks small enough to staff by hand."""

from typing import Any


def week(**changes: Any) -> dict[str, Any]:
    """Ana and Beto, one shift a day from 9 to 17, and one person asked for all that time, from Monday to Sunday."""
    return {
        "demand": [{"day": day, "start": 540, "need": [1] * 16} for day in range(7)],
        "templates": [{"id": "day", "start": 540, "until": 1020}],
        "providers": [
            {"id": "ana", "skills": ["cut"]},
            {"id": "beto", "skills": ["cut", "colour"]},
        ],
        **changes,
    }


def roster(*shifts: tuple[str, int, str], **figures: int) -> dict[str, Any]:
    """These shifts, as `staff --json` prints them."""
    given = [{"provider": who, "day": day, "template": name} for who, day, name in shifts]
    return {"shifts": given, "figures": figures}
