"""One request held against the policy and the facts of this moment, and whose business it is."""
