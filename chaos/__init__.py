"""The running service under load, killed again and again; afterwards nothing forbidden may be true."""
