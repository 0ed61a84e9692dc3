"""Why something is not done: a code, the facts its sentence is made of, and the error that carries both."""
