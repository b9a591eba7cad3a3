"""
The Ingress port on HAProxy in a container, through the console that the container carries.

In reading order: `console` (orders and answers), `answers` (what HAProxy prints, as values),
`look` (what runs now), `counters` (what was counted), `ingress` (the port itself).
"""

from sandbox.adapters.haproxy.ingress import HaproxyIngress

__all__ = ["HaproxyIngress"]
