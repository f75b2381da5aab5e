"""What is read of documents across organizations, by whoever runs the installation."""

from typing import Any

from sqlalchemy import Select, select

from barberpro.platform.binding import across_tenants

from ..tables import clients
from .tables import documents

WHY = "the operator checks and lists the documents of every organization"


def everything() -> Select[*tuple[Any, ...]]:
    """All documents with their clients' names and rights, by client and name, the newest first.

    `scopes` are the client's; what the document needs of them is `needs`.
    """
    of_client = [
        clients.c.name.label("client_name"),
        clients.c.scopes,
        clients.c.locations,
        clients.c.redirect_uris,
    ]
    c = documents.c
    columns = [column for column in c if column.name != "scopes"]
    statement = (
        select(*columns, c.scopes.label("needs"), *of_client)
        .join_from(documents, clients, c.client_id == clients.c.id)
        .order_by(clients.c.name, c.name, c.id.desc())
    )
    return across_tenants(statement, WHY)
