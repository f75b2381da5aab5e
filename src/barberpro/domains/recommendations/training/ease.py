"""EASE: which services go with which.

H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: the ridge regression of every column on all
the others, in closed form. With G = X'X + λI and P = G⁻¹, B = I − P / diag(P), whose diagonal is zero: no service
speaks for itself.
"""

import numpy as np

from .past import Floats

RIDGE = 20.0
"""λ, in customers: evidence of fewer than this many moves little."""


def item_weights(tastes: Floats) -> Floats:
    """How strongly each service (row) speaks for each other (column); `tastes` has a row a customer."""
    services = tastes.shape[1]
    inverse = np.linalg.inv(tastes.T @ tastes + RIDGE * np.eye(services))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights
