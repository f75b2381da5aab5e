"""Why something is recommended: facts kept with the recommendation, and the sentence for a person.

A reason is kept as `{"code": …, …}` with the facts its code takes, and told when it is read: in the reader's language,
and with days counted to the reader's day. No sentence names a person. `local`, where it is kept, says that all bookings
which the reason cites were at the location of the recommendation: who may see only that one may be told it.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from babel.units import format_unit

from barberpro.platform.locale import Language


class Code(StrEnum):
    """What speaks for a recommendation. Without the bookings it cites, its score would be lower."""

    OWN_HABIT = "OWN_HABIT"
    BOOKED_BEFORE = "BOOKED_BEFORE"
    DUE = "DUE"
    GOES_WITH = "GOES_WITH"
    USUAL_PROVIDER = "USUAL_PROVIDER"
    POPULAR_HERE = "POPULAR_HERE"
    POPULAR_EVERYWHERE = "POPULAR_EVERYWHERE"


SENTENCES: Mapping[Language, Mapping[Code, str]] = {
    "es-AR": {
        Code.OWN_HABIT: "Cada {every}; desde la última vez pasaron {since}.",
        Code.BOOKED_BEFORE: "Veces que ya lo reservó: {times}.",
        Code.DUE: "Le toca por estos días.",
        Code.GOES_WITH: "Lo suelen reservar quienes reservan {companion}.",
        Code.USUAL_PROVIDER: "Es con quien suele atenderse.",
        Code.POPULAR_HERE: "Es de lo más pedido en este local.",
        Code.POPULAR_EVERYWHERE: "Es de lo más pedido en todos los locales.",
    },
    "en": {
        Code.OWN_HABIT: "Every {every}; the last time was {since} ago.",
        Code.BOOKED_BEFORE: "Times booked before: {times}.",
        Code.DUE: "It is due about now.",
        Code.GOES_WITH: "Often booked by those who book {companion}.",
        Code.USUAL_PROVIDER: "It is with whom they usually are.",
        Code.POPULAR_HERE: "It is among the most asked for at this location.",
        Code.POPULAR_EVERYWHERE: "It is among the most asked for at all locations.",
    },
}


def sentence(
    reason: Mapping[str, Any], language: Language, *, companion: str | None, now: datetime
) -> str:
    """A kept reason as a person reads it; `companion` is the name of the service it goes with."""
    code = Code(reason["code"])
    facts: dict[str, Any] = {"companion": companion, "times": reason.get("times")}
    if code is Code.OWN_HABIT:
        last = datetime.fromisoformat(reason["lastAt"])
        facts["every"] = _days(reason["everyDays"], language)
        facts["since"] = _days(max(0, (now - last).days), language)
    return SENTENCES[language][code].format_map(facts)


def _days(count: int, language: Language) -> str:
    return format_unit(count, "duration-day", length="long", locale=language.replace("-", "_"))
