"""An adapter by its name: one of ours, or `package.module` of somebody's own."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from streams.gateway import adapters
from streams.gateway.adapter import Adapter


class NoAdapter(ValueError):
    """A name without an adapter; says which there are."""


def shipped() -> list[str]:
    """Name the adapters that come with the package."""
    return sorted(module.name for module in iter_modules(adapters.__path__))


def find(name: str) -> Adapter:
    """Find an adapter. Raises NoAdapter."""
    known = shipped()
    if name not in known and "." not in name:
        message = f"adapter: {name!r} is none; write {', '.join(known)}, or package.module"
        raise NoAdapter(message)
    path = f"{adapters.__name__}.{name}" if name in known else name
    try:
        found = import_module(path).ADAPTER
    except (ImportError, AttributeError) as fault:
        message = f"adapter: {name!r} cannot be taken ({fault}); name a module that has ADAPTER"
        raise NoAdapter(message) from None
    if not isinstance(found, Adapter):
        message = f"adapter: {name!r}: its ADAPTER is no streams.gateway.adapter.Adapter"
        raise NoAdapter(message)
    return found
