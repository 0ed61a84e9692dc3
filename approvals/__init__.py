"""The approval system: pure domain, readable from the bottom up; no clock, no environment, no network."""
