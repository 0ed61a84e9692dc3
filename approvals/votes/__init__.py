"""What reviews come to: by whose right each is given, which places they fill, and what is still missing."""
