"""REST: registered documents that answer at a method and a path, as `schema/rest.toml` maps them.

A route is one more caller of the pipeline: who may call it, what it costs and how it is logged is decided there, as for
the document it stands for. Its documents lie in `schema/operations/rest/` and are everybody's who holds their scopes.
"""

from .addresses import endpoints as endpoints
from .addresses import routes as routes
from .problems import not_here as not_here
