"""Where the application is mounted: the place that its addresses begin with, taken off again.

The outermost layer of all. A proxy may pass on what stands before every address, as ``/orders``, or
strip it: both come to the same. Behind this layer nothing knows of it but what writes an address.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


def mounted(app: ASGIApp, root: str) -> ASGIApp:
    """Mount an application at a root path as ``Settings`` has it; at none, it stays as it is."""
    if not root:
        return app

    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = unmounted(scope, root)
        await app(scope, receive, send)

    return below


def unmounted(scope: Scope, root: str) -> Scope:
    """Give the scope of the address below the root; of one that is not below it, as it is.

    Only whole segments count, and only as they came: ``/orders%2Fa`` and ``/orders-of-today`` are
    not below ``/orders``. The root itself, with a slash behind it or without, is ``/``.
    """
    path, came = scope["path"], scope.get("raw_path")
    if not _is_below(path if came is None else came.decode("latin-1"), root):
        return scope
    below = {**scope, "path": path[len(root) :] or "/"}
    if came is not None:
        below["raw_path"] = came[len(root) :] or b"/"
    return below


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")
