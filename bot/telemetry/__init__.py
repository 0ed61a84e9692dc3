"""What the service tells of itself to a collector of OpenTelemetry, where one is set."""
