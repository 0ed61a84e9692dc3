# The account as which Identity-Aware Proxy calls the pages: nobody else may.
resource "google_project_service_identity" "proxy" {
  project    = var.project
  service    = "iap.googleapis.com"
  depends_on = [google_project_service.needed]
}

resource "google_cloud_run_v2_service_iam_member" "proxy" {
  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.both["countersign-pages"].name
  role     = "roles/run.invoker"
  member   = "serviceAccount:service-${local.number}@gcp-sa-iap.iam.gserviceaccount.com"

  depends_on = [google_project_service_identity.proxy]
}

resource "google_iap_web_cloud_run_service_iam_member" "people" {
  for_each = var.people

  project                = var.project
  location               = var.region
  cloud_run_service_name = google_cloud_run_v2_service.both["countersign-pages"].name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.key
}

# The service reads what the proxy is set to do, and changes nothing.
resource "google_project_iam_custom_role" "reader" {
  project     = var.project
  role_id     = "countersignIapReader"
  title       = "Countersign IAP reader"
  permissions = ["iap.webServices.getSettings"]
  depends_on  = [google_project_service.needed]
}

resource "google_iap_web_cloud_run_service_iam_member" "reader" {
  project                = var.project
  location               = var.region
  cloud_run_service_name = google_cloud_run_v2_service.both["countersign-pages"].name
  role                   = google_project_iam_custom_role.reader.name
  member                 = local.service
}
