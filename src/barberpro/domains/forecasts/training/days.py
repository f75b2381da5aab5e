"""The calendar of a location: public holidays of its province, and occasions on which people want to look well."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from holidays.countries.argentina import Argentina

SUNDAY = 6
FAMILY_FEASTS = ((6, 3), (8, 3), (10, 3))
"""Father's, children's and mother's day: the month, and which Sunday of it, by the custom of Argentine shops."""
BEFORE_A_FEAST = "Víspera del día del padre, del niño o de la madre"
YEAR_ENDS = {(12, 23): "23 de diciembre", (12, 24): "Nochebuena", (12, 31): "Fin de año"}


@dataclass(frozen=True)
class Occasion:
    """A day that is unlike others of its weekday. Those of one name are alike."""

    day: date
    name: str
    is_holiday: bool


@cache
def public_holidays(province: str, year: int) -> dict[date, str]:
    """The public holidays of a year in a province (ISO 3166-2:AR letter), bridge days among them, by name."""
    known = province if province in Argentina.subdivisions else None
    return dict(Argentina(years=year, language="es", subdiv=known))


def occasions(province: str, first: date, last: date) -> list[Occasion]:
    """Everything from `first` to `last`, both included. A day may be of several names."""
    years = range(first.year, last.year + 2)  # New Year's Day has an eve in the year before
    public = {day: name for year in years for day, name in public_holidays(province, year).items()}
    found = [Occasion(day, name, is_holiday=True) for day, name in public.items()]
    eves = {day - timedelta(days=1) for day in public} - set(public)
    found += [Occasion(day, "Víspera de feriado", is_holiday=False) for day in eves]
    for year in years:
        found += _commercial(year)
    return sorted(
        (o for o in found if first <= o.day <= last), key=lambda o: (o.day, not o.is_holiday)
    )


def _commercial(year: int) -> Iterator[Occasion]:
    for month, which in FAMILY_FEASTS:
        first = date(year, month, 1)
        sunday = first + timedelta(days=(SUNDAY - first.weekday()) % 7 + 7 * (which - 1))
        for before in (1, 2):
            yield Occasion(sunday - timedelta(days=before), BEFORE_A_FEAST, is_holiday=False)
    for (month, day), name in YEAR_ENDS.items():
        yield Occasion(date(year, month, day), name, is_holiday=False)
