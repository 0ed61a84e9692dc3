# Cloud Scheduler, which calls each minute by a token of an account that may do nothing else.
resource "google_service_account" "sweep" {
  count = var.sweep ? 1 : 0

  project      = var.project
  account_id   = "countersign-sweep"
  display_name = "Countersign: has what is due done"
  depends_on   = [google_project_service.needed]
}

resource "google_cloud_scheduler_job" "sweep" {
  count = var.sweep ? 1 : 0

  project          = var.project
  region           = var.region
  name             = "countersign-sweep"
  schedule         = "* * * * *"
  attempt_deadline = "60s"

  http_target {
    http_method = "POST"
    uri         = "${local.called}/internal/sweep"

    oidc_token {
      service_account_email = google_service_account.sweep[0].email
      audience              = "${local.called}/internal/sweep"
    }
  }

  # What it calls is there first.
  depends_on = [google_cloud_run_v2_service.both]
}
