variable "project" {
  description = "The project's id, such as shop-tools. It is in an organization."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "Set a project's id, such as shop-tools."
  }
}

variable "region" {
  description = "Where the services run, such as europe-west1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "Set a region, such as europe-west1."
  }
}

variable "location" {
  description = "Where Firestore keeps its data, such as eur3. It cannot be changed."
  type        = string
}

variable "image" {
  description = "The image, in a registry that Cloud Run can read."
  type        = string
}

variable "people" {
  description = "Who passes Identity-Aware Proxy, such as [\"domain:example.com\", \"group:staff@example.com\"]."
  type        = set(string)

  validation {
    condition     = length(var.people) > 0 && alltrue([for each in var.people : can(regex("^(domain|group|user|serviceAccount|principalSet):.+$", each))])
    error_message = "Name members such as domain:example.com: allUsers and allAuthenticatedUsers would let everybody in."
  }
}

variable "policy" {
  description = "The text of the policy file, such as file(\"policy.yaml\")."
  type        = string

  validation {
    condition     = length(var.policy) > 0 && length(var.policy) <= 65536
    error_message = "Secret Manager keeps at most 64 KiB, and a policy is not empty."
  }
}

variable "settings" {
  description = "More settings of both services, such as those of mail. No secrets: whoever sees a service reads them."
  type        = map(string)
  default     = {}

  validation {
    condition = length(setintersection(keys(var.settings), [
      "COUNTERSIGN_ROUTES", "COUNTERSIGN_STORE", "COUNTERSIGN_SIGNER", "COUNTERSIGN_PAGES_URL",
      "COUNTERSIGN_SWEEP_ACCOUNT", "IAP_AUDIENCE",
    ])) == 0
    error_message = "The module sets COUNTERSIGN_ROUTES, COUNTERSIGN_STORE, COUNTERSIGN_SIGNER, COUNTERSIGN_PAGES_URL, COUNTERSIGN_SWEEP_ACCOUNT and IAP_AUDIENCE itself (pages_url and sweep say how)."
  }

  validation {
    condition = length(setintersection(keys(var.settings), [
      "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "SMTP_PASSWORD", "SMTP_OAUTH_CLIENT_SECRET",
    ])) == 0
    error_message = "Secrets have their place in Secret Manager: see secrets."
  }
}

variable "secrets" {
  description = "More secrets of both services: the setting, and the id of a secret of this project whose latest version it is."
  type        = map(string)
  default     = {}
}

variable "pages_url" {
  description = "Where people reach the pages. The service's own address where it is not set."
  type        = string
  default     = null

  validation {
    condition     = var.pages_url == null || can(regex("^https://[a-z0-9.-]+(:[0-9]+)?$", var.pages_url))
    error_message = "Set the address of a host alone, by https."
  }
}

variable "sweep" {
  description = "Let the service have its CPU during calls only, and have Cloud Scheduler do what is due each minute."
  type        = bool
  default     = false
}
