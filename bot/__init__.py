"""The running program: settings, wiring, server, timer and command line."""

__version__ = "0.1.0"
