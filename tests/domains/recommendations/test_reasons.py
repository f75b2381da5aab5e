"""Reasons are told in the reader's language, on the reader's day."""

from datetime import timedelta
from typing import Any

import pytest

from barberpro.domains.recommendations.reasons import SENTENCES, Code, sentence
from barberpro.platform.clock import iso

from .planted import AT

HABIT = {"code": "OWN_HABIT", "everyDays": 21, "lastAt": iso(AT - timedelta(days=19, hours=5))}


def told(reason: dict[str, Any], language: Any, days_later: int = 0) -> str:
    now = AT + timedelta(days=days_later)
    return sentence(reason, language, companion="Corte", now=now)


def test_a_habit_is_told_with_its_days() -> None:
    assert told(HABIT, "es-AR") == "Cada 21 días; desde la última vez pasaron 19 días."
    assert told(HABIT, "en") == "Every 21 days; the last time was 19 days ago."


def test_days_are_counted_when_it_is_read() -> None:
    assert told(HABIT, "en", days_later=3) == "Every 21 days; the last time was 22 days ago."
    assert told(HABIT, "en", days_later=-18) == "Every 21 days; the last time was 1 day ago."
    assert told(HABIT, "en", days_later=-25) == "Every 21 days; the last time was 0 days ago."


@pytest.mark.parametrize(
    ("reason", "spanish", "english"),
    [
        ({"code": "BOOKED_BEFORE", "times": 2}, "Veces que ya lo reservó: 2.", "Times booked before: 2."),
        (
            {"code": "GOES_WITH"},
            "Lo suelen reservar quienes reservan Corte.",
            "Often booked by those who book Corte.",
        ),
        ({"code": "DUE"}, "Le toca por estos días.", "It is due about now."),
    ],
)  # fmt: skip
def test_others_are_told(reason: dict[str, Any], spanish: str, english: str) -> None:
    assert (told(reason, "es-AR"), told(reason, "en")) == (spanish, english)


def test_every_code_has_a_sentence_in_every_language() -> None:
    assert {language: set(codes) for language, codes in SENTENCES.items()} == {
        "es-AR": set(Code),
        "en": set(Code),
    }


def test_a_name_is_never_taken_for_a_sentence() -> None:
    hostile = sentence({"code": "GOES_WITH"}, "en", companion="{every} {0.__class__}", now=AT)
    assert hostile == "Often booked by those who book {every} {0.__class__}."
