"""The socket that a server listens on, taken before anything else is started."""

from __future__ import annotations

import errno
import socket

from leora_gql.errors import OperatorError

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; callers queue there until a server takes them up.

    Raises `OperatorError` when the port is taken, or the address is not one of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        raise OperatorError(_sentence(host, port, error)) from error
    listening.set_inheritable(True)
    return listening


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken. Stop what listens there, or choose another: --port {port + 1}"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this account. Choose one from 1024 on: --port 4000"
    return (
        f"{host}:{port} cannot be listened on: {error.strerror or error}. Is it an address of this machine?"
    )
