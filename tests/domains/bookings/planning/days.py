"""Small days to plan, as documents."""

from typing import Any


def day(**parts: Any) -> dict[str, Any]:
    """One shop, one chair, one provider from 9 to 12 who cuts, and nobody who asks."""
    return {
        "start": "2026-12-01T03:00:00Z",
        "locations": [{"id": "centro", "chairs": ["c1"]}],
        "providers": [provider("ana", "centro")],
        "requests": [],
        **parts,
    }


def provider(name: str, *places: str, skills: tuple[str, ...] = ("cut",)) -> dict[str, Any]:
    shifts = [{"location": place, "start": 540, "until": 720} for place in places]
    return {"id": name, "skills": list(skills), "shifts": shifts}


def wish(name: str, **parts: Any) -> dict[str, Any]:
    """A cut of an hour, any time from 9 to 12."""
    return {
        "id": name,
        "service": "cut",
        "minutes": 60,
        "earliest": 540,
        "latest": 720,
        **parts,
    }


def put(name: str, at: int, *, who: str = "ana", where: str = "centro", chair: str = "c1") -> Any:
    return {"request": name, "provider": who, "location": where, "chair": chair, "at": at}
