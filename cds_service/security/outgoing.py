"""Where requests of this service may go: to no address inside a network, unless the operator listed its host.

A call names the FHIR server that is asked, and the names of servers are resolved by whoever owns them. Either could
lead to what only this machine can reach: itself, a neighbour, the metadata of a cloud (OWASP, "Server Side Request
Forgery"). So the address is looked at when a connection is made, not the name: a name that is resolved anew in between
("DNS rebinding") leads nowhere else.

Where the environment names a proxy, requests go through it, and it has to refuse what is inside.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

import urllib3
from AntiSSRF import IPAddressRanges
from requests.adapters import HTTPAdapter

_INSIDE = tuple(ipaddress.ip_network(each) for each in IPAddressRanges.recommended_latest)


class AddressRefused(urllib3.exceptions.HTTPError):
    """A name leads to an address that may not be asked; nothing was sent there. The text quotes neither."""


def adapter_for(address: str, listed: Collection[str], *, dev: bool = False, **options: Any) -> HTTPAdapter:
    """What carries the requests to an address (an http or https URL), with these options of requests' HTTPAdapter.

    It raises AddressRefused instead of connecting to an address that is not public, unless the host is `listed` (in
    lower case, with its port if the URL has one), or in development.
    """
    if dev or urlsplit(address).netloc.lower() in listed:
        return HTTPAdapter(**options)
    return _PublicOnly(**options)


def is_public(address: str) -> bool:
    """False for an IP address that is loopback, link-local, private, shared, reserved, multicast or of a cloud's own
    services. An IPv4 address within an IPv6 one is judged as such."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return not any(ip in network for network in _INSIDE)


def _check(addresses: Iterable[str]) -> None:
    if not all(map(is_public, addresses)):
        raise AddressRefused("the address is not public")


def _addresses_of(host: str, port: int | None) -> list[str]:
    """The addresses of a name; none when it cannot be resolved, which connecting tells better."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(place[0]) for *_, place in found]


class _Connection(urllib3.connection.HTTPConnection):
    def _new_conn(self) -> socket.socket:
        # Twice: before, so that not even a connection is made; after, as the name may have been resolved otherwise.
        _check(_addresses_of(self.host, self.port))
        connected = super()._new_conn()
        try:
            _check([str(connected.getpeername()[0])])
        except AddressRefused:
            connected.close()
            raise
        return connected


class _SecureConnection(_Connection, urllib3.connection.HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _PublicOnly(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
