"""The JSON API under `/v1` for people behind Identity-Aware Proxy, and for the programs that call through it."""
