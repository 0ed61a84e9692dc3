output "slack" {
  description = "For Slack: countersign manifest --url with this."
  value       = local.public
}

output "pages" {
  description = "Where people reach the pages."
  value       = local.pages
}

output "iap_audience" {
  description = "What the pages take from Identity-Aware Proxy."
  value       = local.services["countersign-pages"].env.IAP_AUDIENCE
}

output "service_account" {
  description = "To grant anything: countersign setup iam --account with this."
  value       = google_service_account.service.email
}
