"""The AuthZEN front door: evaluations, access requests and their tasks, over the same use cases as `/v1`."""
