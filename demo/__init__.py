"""The demo, which needs a checkout: it starts the service and the sandbox as programs, and plays the story."""
