# What the module makes, without Google: `terraform test` in this folder. It needs the provider's schema alone.
mock_provider "google" {}

override_data {
  target = data.google_project.here
  values = { number = "42" }
}

override_resource {
  target = google_service_account.service
  values = {
    email = "countersign@shop-tools.iam.gserviceaccount.com"
    name  = "projects/shop-tools/serviceAccounts/countersign@shop-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.signer
  values = {
    email = "countersign-signer@shop-tools.iam.gserviceaccount.com"
    name  = "projects/shop-tools/serviceAccounts/countersign-signer@shop-tools.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.sweep
  values = { email = "countersign-sweep@shop-tools.iam.gserviceaccount.com" }
}

override_resource {
  target = google_project_iam_custom_role.reader
  values = { name = "projects/shop-tools/roles/countersignIapReader" }
}

variables {
  project  = "shop-tools"
  region   = "europe-west1"
  location = "eur3"
  image    = "europe-west1-docker.pkg.dev/shop-tools/countersign/countersign:0.2.0"
  people   = ["domain:example.com", "group:staff@example.com"]
  policy   = "version: 1\n"
}

run "nobody_passes_the_proxy_whom_no_organisation_knows" {
  command = plan
  variables {
    people = ["allUsers"]
  }
  expect_failures = [var.people]
}

run "somebody_passes_the_proxy" {
  command = plan
  variables {
    people = []
  }
  expect_failures = [var.people]
}

run "an_empty_policy_is_none" {
  command = plan
  variables {
    policy = ""
  }
  expect_failures = [var.policy]
}

run "a_secret_is_no_setting" {
  command = plan
  variables {
    settings = { SMTP_PASSWORD = "p" }
  }
  expect_failures = [var.settings]
}

run "what_the_module_sets_is_no_setting" {
  command = plan
  variables {
    settings = { COUNTERSIGN_ROUTES = "all" }
  }
  expect_failures = [var.settings]
}

run "pages_are_reached_by_https" {
  command = plan
  variables {
    pages_url = "http://pages.example.com"
  }
  expect_failures = [var.pages_url]
}

run "an_instance_always_runs" {
  assert {
    condition     = alltrue([for each in google_cloud_run_v2_service.both : each.template[0].scaling[0].min_instance_count == 1 && !each.template[0].containers[0].resources[0].cpu_idle])
    error_message = "Work goes on after an answer."
  }

  assert {
    condition     = length(google_cloud_scheduler_job.sweep) == 0
    error_message = "Nobody sweeps."
  }

  assert {
    condition     = google_cloud_run_v2_service.both["countersign-pages"].iap_enabled && !google_cloud_run_v2_service.both["countersign-pages"].invoker_iam_disabled
    error_message = "The pages stand behind Identity-Aware Proxy, and are not open."
  }
}

run "the_scheduler_sweeps" {
  variables {
    sweep = true
  }

  assert {
    condition     = one(google_cloud_scheduler_job.sweep).http_target[0].uri == one(google_cloud_scheduler_job.sweep).http_target[0].oidc_token[0].audience
    error_message = "It calls where its token is for."
  }
}

run "sweeps_go_where_applications_call" {
  variables {
    sweep    = true
    settings = { COUNTERSIGN_API_URL = "https://approvals.example.com" }
  }

  assert {
    condition     = one(google_cloud_scheduler_job.sweep).http_target[0].uri == "https://approvals.example.com/internal/sweep"
    error_message = "It calls where applications call."
  }
}
