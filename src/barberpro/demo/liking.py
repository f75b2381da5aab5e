"""Who likes whom: how good providers are, and how well they suit a person. Of few hidden traits, as it is learned."""

from dataclasses import dataclass

import numpy as np

from .columns import Column
from .roster import Roster

TRAITS = 2
QUALITY = 0.28  # how much providers differ, in stars
MILDNESS = 0.30  # how much people differ in how they rate, in stars
SUITS = 0.42  # how much it matters who meets whom, in stars
CHANCE = 0.25  # how far people choose their provider by other things, in stars
NOT_THERE = 10.0  # stars: more than anybody could make up for


@dataclass(frozen=True)
class Liking:
    """How pleased people are with providers, in stars above or below the usual."""

    quality: Column
    traits: Column
    mildness: Column
    wishes: Column

    @classmethod
    def drawn(cls, rng: np.random.Generator, providers: int, people: int) -> "Liking":
        """Of so many providers and people."""
        return cls(
            rng.normal(0, QUALITY, providers),
            rng.normal(0, 1, (providers, TRAITS)),
            rng.normal(0, MILDNESS, people),
            rng.normal(0, SUITS / np.sqrt(TRAITS), (people, TRAITS)),
        )

    def pleased(self, person: Column, provider: Column) -> Column:
        """How pleased each person is with each provider, pair by pair."""
        suits = (self.wishes[person] * self.traits[provider]).sum(axis=1)
        return self.quality[provider] + self.mildness[person] + suits

    def favourite(
        self, rng: np.random.Generator, home: Column, comes: Column, plan: Roster
    ) -> Column:
        """The provider of their own shop that each person stays with, among those they found there."""
        found = np.zeros(len(home), dtype=np.int64)
        for shop in np.unique(home):
            here = np.flatnonzero(home == shop)
            staff = np.flatnonzero(plan.home == shop)
            liked = self.quality[staff] + self.wishes[here] @ self.traits[staff].T
            liked += rng.gumbel(0, CHANCE, liked.shape)
            liked -= NOT_THERE * (plan.begins[staff] > comes[here, None])
            liked -= NOT_THERE / 2 * plan.has_left[staff]
            found[here] = staff[np.argmax(liked, axis=1)]
        return found
