"""The idiom for what another service owns.

@foreign("loyalty", "Loyalty")
class CustomerLoyalty:
    points: int
    entries: list[LoyaltyEntry] = told(first)

@extends(Customer)
class CustomerOfLoyalty:
    loyalty: CustomerLoyalty | None = remote("loyalty", "Customer", cost=20)
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.types import Info

from ..context import Context
from ..fields import LOAD, takes
from ..loads import INHERITED, Told
from ..scopes import Scope
from ..types import INHERIT_FROM_PARENT, About, described
from .forwarding import Asked, Forwarding
from .loads import Remote
from .reading import PREFIX

T = TypeVar("T", bound=type)


@dataclass(frozen=True)
class Foreign(About):
    """What the kernel knows of a type that another service owns."""

    service: str = ""
    there: str = ""
    """The type's name in that service."""


def remote(
    service: str, entity: str, *, cost: int, key: str = "id", scope: Scope = INHERITED
) -> Any:
    """What `service` tells about the `entity` whose id is the parent's `key`: one call a level, whatever it holds.

    The field has the same name there. It may be null, for that service may be down.
    """
    load = Remote(service=service, entity=entity, key=key, cost=cost, scope=scope)

    async def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        context: Context = info.context
        raw = info._raw_info
        asked = _asked(load, raw)
        level = partial(load.fetch, context=context, asked=asked)
        place = load, id(raw.field_nodes[0])
        return await context.batch(place, level, cache=False).load(root)

    return strawberry.field(resolver=resolve, metadata={LOAD: load})


def told(takes_: Callable[..., Any] | None = None, *, size: int | None = None) -> Any:
    """A field of a foreign type. Its arguments are those of the function; a list without `first` states its `size`."""
    load = Told(takes=takes_, size=size, cost=0)

    def resolve(root: strawberry.Parent[Any], info: Info, **_arguments: Any) -> Any:
        return getattr(root, f"{PREFIX}{info._raw_info.path.key}")

    given = inspect.signature(takes_, eval_str=True).parameters.values() if takes_ else ()
    takes(resolve, given)
    return strawberry.field(resolver=resolve, metadata={LOAD: load})


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def foreign(service: str, there: str) -> Callable[[T], T]:
    """A type that `service` owns and calls `there`; its fields must stand in that service's pinned schema."""

    def make(cls: T) -> T:
        for name in inspect.get_annotations(cls):
            if name not in vars(cls):
                setattr(cls, name, told())
        known = Foreign(cls.__module__, INHERIT_FROM_PARENT, service=service, there=there)
        cls.__barberpro__ = known  # type: ignore[attr-defined]
        return described(strawberry.type(cls, description=cls.__doc__), cls)

    return make


def _asked(load: Remote, raw: Any) -> Asked:
    definition = raw.parent_type.fields[raw.field_name]
    forwarding = Forwarding(raw.fragments, raw.variable_values)
    return forwarding.asked(load.entity, definition, raw.field_nodes)
