"""A Slack workspace on one machine: its Web API, its people, and what it sends to the app."""
