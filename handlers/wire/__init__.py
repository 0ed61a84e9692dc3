"""What calls of programs are on the wire, whoever calls: JSON in, JSON or a problem out, once, and waiting."""
