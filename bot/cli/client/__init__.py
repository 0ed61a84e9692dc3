"""The commands that call a service through Identity-Aware Proxy, as one person or program."""
