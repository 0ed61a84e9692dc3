"""Signals in: transmitters of the policy push signed events that end what somebody has."""
