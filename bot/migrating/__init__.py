"""What a deployment of JIT Access becomes here. Nothing is asked or changed."""
