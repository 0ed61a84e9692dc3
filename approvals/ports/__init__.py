"""What the approval system needs from outside. Backends implement these; only the composition root picks them."""
