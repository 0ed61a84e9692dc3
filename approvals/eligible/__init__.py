"""Who is eligible for what by IAM bindings that carry the marker of JIT Access. Nothing is asked here."""
