"""Signers: a key file, a secret in Secret Manager, a Google service account."""
