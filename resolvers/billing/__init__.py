"""Invoices in the graph: their types, what they add to others, and what can be done with them."""

from . import changes as changes
from . import explanation as explanation
from . import mutations as mutations
from . import statements as statements
from .types import Invoice as Invoice
from .types import PaymentMethod as PaymentMethod
