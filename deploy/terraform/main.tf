data "google_project" "here" {
  project_id = var.project
}

locals {
  number  = data.google_project.here.number
  public  = "https://countersign-${local.number}.${var.region}.run.app"
  pages   = coalesce(var.pages_url, "https://countersign-pages-${local.number}.${var.region}.run.app")
  called  = lookup(var.settings, "COUNTERSIGN_API_URL", local.public)
  service = "serviceAccount:${google_service_account.service.email}"

  shared = merge(var.settings, {
    COUNTERSIGN_STORE     = "firestore://${var.project}/${google_firestore_database.store.name}"
    COUNTERSIGN_SIGNER    = "iam:${google_service_account.signer.email}"
    COUNTERSIGN_PAGES_URL = local.pages
  })

  swept = !var.sweep ? {} : {
    COUNTERSIGN_API_URL       = local.called
    COUNTERSIGN_SWEEP_ACCOUNT = google_service_account.sweep[0].email
  }

  # The two that Slack gave. Their values are put there by hand, so that no state of Terraform's holds them.
  slack = {
    SLACK_BOT_TOKEN      = google_secret_manager_secret.slack["slack-bot-token"].secret_id
    SLACK_SIGNING_SECRET = google_secret_manager_secret.slack["slack-signing-secret"].secret_id
  }

  # Both services are the same but for these.
  services = {
    countersign = {
      env      = merge(local.shared, local.swept, { COUNTERSIGN_ROUTES = "public" })
      iap      = false
      throttle = var.sweep
    }
    countersign-pages = {
      env = merge(local.shared, {
        COUNTERSIGN_ROUTES = "pages"
        IAP_AUDIENCE       = "/projects/${local.number}/locations/${var.region}/services/countersign-pages"
      })
      iap      = true
      throttle = false
    }
  }
}

resource "google_project_service" "needed" {
  for_each = toset(concat(
    ["run", "iap", "firestore", "secretmanager", "iam", "iamcredentials", "cloudresourcemanager"],
    var.sweep ? ["cloudscheduler"] : [],
  ))

  project            = var.project
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

resource "google_cloud_run_v2_service" "both" {
  for_each = local.services

  project              = var.project
  location             = var.region
  name                 = each.key
  ingress              = "INGRESS_TRAFFIC_ALL"
  launch_stage         = each.value.iap ? "BETA" : "GA"
  iap_enabled          = each.value.iap
  invoker_iam_disabled = !each.value.iap
  deletion_protection  = false

  template {
    service_account = google_service_account.service.email

    scaling {
      min_instance_count = each.value.throttle ? 0 : 1
    }

    containers {
      image = var.image

      ports {
        name           = "http1"
        container_port = 8080
      }

      resources {
        limits            = { cpu = "1", memory = "512Mi" }
        cpu_idle          = each.value.throttle
        startup_cpu_boost = true
      }

      # Ready once the policy is read and the store answers; until then the revision before it serves.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 60

        http_get {
          path = "/ready"
          port = 8080
        }
      }

      dynamic "env" {
        for_each = each.value.env
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = merge(local.slack, var.secrets)
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }

      volume_mounts {
        name       = "policy"
        mount_path = "/etc/countersign"
      }
    }

    volumes {
      name = "policy"
      secret {
        secret = google_secret_manager_secret.policy.secret_id
        items {
          path    = "policy.yaml"
          version = google_secret_manager_secret_version.policy.version
        }
      }
    }
  }

  depends_on = [
    google_project_iam_member.store,
    google_secret_manager_secret_iam_member.read,
    google_secret_manager_secret_iam_member.more,
    google_service_account_iam_member.signs,
    google_firestore_index.store,
  ]
}
