"""A Google Cloud on one machine: IAM policies, groups of people, service accounts that sign, and secrets.

Routes and schemas are Google's own discovery documents; the handlers add what the documentation says.
"""

from sandbox.google.faults import Fault, Faults
from sandbox.google.server import control, routes
from sandbox.google.state import Call, Google

__all__ = ["Call", "Fault", "Faults", "Google", "control", "routes"]
