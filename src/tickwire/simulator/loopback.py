"""Which hosts and addresses are this machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["is_loopback", "is_loopback_origin"]


def is_loopback(host: str) -> bool:
    """Is this name or address this machine only?"""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def is_loopback_origin(origin: str) -> bool:
    """Does an `Origin` header name a page of this machine?"""
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return host is not None and is_loopback(host)
