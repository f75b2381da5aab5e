"""How it is learned: for the worker and the command line; what answers requests imports none of it."""

from .pipeline import Trained as Trained
from .pipeline import train as train
