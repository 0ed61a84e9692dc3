"""The pages behind Identity-Aware Proxy, as a channel: people sign in for it, see a request, and decide."""
