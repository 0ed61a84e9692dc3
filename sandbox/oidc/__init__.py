"""An OpenID provider of no vendor's: any of the world's people signs in, in the way that whoever plays chooses."""
