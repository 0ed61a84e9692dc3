"""The API under `/v1` for applications, which sign each call with a key of their own."""
