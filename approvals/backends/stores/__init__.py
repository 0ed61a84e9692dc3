"""Where requests, reviews, audit chains and work are kept: one store per kind of engine, all after one port."""
