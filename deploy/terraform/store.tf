resource "google_firestore_database" "store" {
  project                 = var.project
  name                    = "(default)"
  location_id             = var.location
  type                    = "FIRESTORE_NATIVE"
  delete_protection_state = "DELETE_PROTECTION_ENABLED"
  # To forget the module is not to lose what was decided.
  deletion_policy = "ABANDON"
  depends_on      = [google_project_service.needed]
}

resource "google_project_iam_member" "store" {
  project = var.project
  role    = "roles/datastore.user"
  member  = local.service
}

# The indexes that the release lists, one after the other as it lists them.
resource "google_firestore_index" "store" {
  for_each = {
    for index in jsondecode(file("${path.module}/../../firestore.indexes.json")).indexes :
    join(" ", concat([index.collectionGroup], index.fields[*].fieldPath)) => index
  }

  project     = var.project
  database    = google_firestore_database.store.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = lookup(fields.value, "order", null)
      array_config = lookup(fields.value, "arrayConfig", null)
    }
  }
}
