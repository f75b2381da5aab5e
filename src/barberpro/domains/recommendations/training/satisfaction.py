"""How satisfied a customer would be with a provider: matrix factorisation of ratings, by Surprise's SVD.

It predicts ratings and ranks nothing: as a ranker it loses to popularity. The factors are read out into arrays;
nothing of Surprise is kept.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from surprise import SVD, BaselineOnly, Dataset, Reader, Trainset

from .habits import HORIZON_DAYS
from .past import Floats, Ints, Opinions

SEED = 7
FACTORS, EPOCHS, REGULARISATION = 10, 30, 0.08
LEAST = 200
"""Ratings below which nothing is predicted."""
LEAST_TESTED = 50
LEAST_OF_PROVIDER = 5
LOWEST, HIGHEST = 1.0, 5.0


@dataclass(frozen=True)
class Accuracy:
    """Root mean squared errors, in stars, on the last days' ratings: none of these were learned from."""

    n: int
    rmse: float
    rmse_mean: float
    """Of who always says the mean."""
    rmse_bias: float
    """Of who knows how kind each customer and how good each provider is, but not who suits whom."""

    @property
    def holds(self) -> bool:
        return self.n >= LEAST_TESTED and self.rmse < self.rmse_mean


@dataclass(frozen=True, eq=False)
class Satisfaction:
    """The factors, by customer's and provider's number; NaN where there are too few ratings to tell."""

    mean: float
    of_customer: Floats
    of_provider: Floats
    customer_factors: Floats
    provider_factors: Floats

    def predicted(self, customer: Ints, provider: Ints) -> Floats:
        """Expected ratings from 1 to 5, and NaN."""
        suits = np.sum(self.customer_factors[customer] * self.provider_factors[provider], axis=1)
        rating = self.mean + self.of_customer[customer] + self.of_provider[provider] + suits
        return np.clip(rating, LOWEST, HIGHEST)


def satisfaction(
    opinions: Opinions, customers: int, providers: list[str], at: float
) -> tuple[Satisfaction | None, Accuracy | None]:
    """What predicts ratings now, and how it stood the test; None where there is too little, or the mean does better."""
    number = {provider: n for n, provider in enumerate(providers)}
    provider = np.array([number[each] for each in opinions.provider], dtype=np.int64)
    triples = list(zip(opinions.customer.tolist(), provider.tolist(), opinions.score, strict=True))
    accuracy = _tested(triples, opinions.day < at - HORIZON_DAYS)
    if len(triples) < LEAST or accuracy is None or not accuracy.holds:
        return None, accuracy
    model, known = _svd(), _known(triples)
    model.fit(known)
    found = Satisfaction(
        mean=float(known.global_mean),
        of_customer=np.full(customers, np.nan),
        of_provider=np.full(len(providers), np.nan),
        customer_factors=np.zeros((customers, FACTORS)),
        provider_factors=np.zeros((len(providers), FACTORS)),
    )
    who = [known.to_raw_uid(n) for n in known.all_users()]
    with_whom = [known.to_raw_iid(n) for n in known.all_items()]
    found.of_customer[who], found.customer_factors[who] = model.bu, model.pu
    found.of_provider[with_whom], found.provider_factors[with_whom] = model.bi, model.qi
    found.of_provider[np.bincount(provider, minlength=len(providers)) < LEAST_OF_PROVIDER] = np.nan
    return found, accuracy


Triple = tuple[int, int, float]
"""Customer, provider, score."""


def _tested(triples: list[Triple], is_known: np.ndarray) -> Accuracy | None:
    known = [t for t, is_old in zip(triples, is_known, strict=True) if is_old]
    new = [t for t, is_old in zip(triples, is_known, strict=True) if not is_old]
    if not known or not new:
        return None
    svd, bias, before = _svd(), BaselineOnly(verbose=False), _known(known)
    svd.fit(before)
    bias.fit(before)
    score = np.array([t[2] for t in new])

    def error(predicted: Any) -> float:
        return round(float(np.sqrt(np.mean((score - predicted) ** 2))), 4)

    return Accuracy(
        n=len(new),
        rmse=error(np.array([svd.predict(c, p).est for c, p, _ in new])),
        rmse_mean=error(np.full(len(new), before.global_mean)),
        rmse_bias=error(np.array([bias.predict(c, p).est for c, p, _ in new])),
    )


def _svd() -> SVD:
    return SVD(n_factors=FACTORS, n_epochs=EPOCHS, reg_all=REGULARISATION, random_state=SEED)


def _known(triples: list[Triple]) -> Trainset:
    data = Dataset(Reader(rating_scale=(LOWEST, HIGHEST)))
    return data.construct_trainset([(c, p, score, None) for c, p, score in triples])
