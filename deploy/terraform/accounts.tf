# The account of both services, and one that signs tokens and does nothing else.
resource "google_service_account" "service" {
  project      = var.project
  account_id   = "countersign"
  display_name = "Countersign"
  depends_on   = [google_project_service.needed]
}

resource "google_service_account" "signer" {
  project      = var.project
  account_id   = "countersign-signer"
  display_name = "Countersign: signs tokens"
  depends_on   = [google_project_service.needed]
}

resource "google_service_account_iam_member" "signs" {
  service_account_id = google_service_account.signer.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.service
}

# Secrets, and the policy as one.
resource "google_secret_manager_secret" "slack" {
  for_each = toset(["slack-bot-token", "slack-signing-secret"])

  project    = var.project
  secret_id  = each.key
  depends_on = [google_project_service.needed]

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret" "policy" {
  project    = var.project
  secret_id  = "countersign-policy"
  depends_on = [google_project_service.needed]

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "policy" {
  secret      = google_secret_manager_secret.policy.id
  secret_data = var.policy
}

resource "google_secret_manager_secret_iam_member" "read" {
  for_each = merge(google_secret_manager_secret.slack, { countersign-policy = google_secret_manager_secret.policy })

  project   = var.project
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.service
}

resource "google_secret_manager_secret_iam_member" "more" {
  for_each = var.secrets

  project   = var.project
  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = local.service
}
