"""People in the graph: providers and customers, what can be done with them, and how customers are found."""

from . import customers as customers
from . import providers as providers
from .types import Customer as Customer
from .types import Provider as Provider
