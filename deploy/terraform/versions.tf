terraform {
  required_version = ">= 1.7"

  required_providers {
    # Identity-Aware Proxy in front of Cloud Run is in the beta provider alone up to its version 6.
    google = {
      source  = "hashicorp/google-beta"
      version = ">= 6.50, < 8"
    }
  }
}
