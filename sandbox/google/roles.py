"""Predefined roles that the sandbox knows, and on what they can be granted.

A choice out of Google's list: https://cloud.google.com/iam/docs/understanding-roles.
"""

LEGACY = frozenset({"roles/owner", "roles/editor", "roles/viewer"})
"""The legacy basic roles: no condition can be set on them."""

_ANYWHERE = """
admin writer reader browser
appengine.appAdmin appengine.deployer appengine.serviceAdmin appengine.appViewer
artifactregistry.admin artifactregistry.reader artifactregistry.writer
bigquery.admin bigquery.dataEditor bigquery.dataOwner bigquery.dataViewer bigquery.jobUser bigquery.user
cloudasset.owner cloudasset.viewer cloudbuild.builds.editor cloudbuild.builds.viewer
cloudfunctions.admin cloudfunctions.developer cloudfunctions.invoker cloudfunctions.viewer
cloudkms.admin cloudkms.cryptoKeyDecrypter cloudkms.cryptoKeyEncrypter cloudkms.cryptoKeyEncrypterDecrypter
cloudkms.viewer cloudsql.admin cloudsql.client cloudsql.editor cloudsql.instanceUser cloudsql.viewer
compute.admin compute.instanceAdmin compute.instanceAdmin.v1 compute.loadBalancerAdmin compute.networkAdmin
compute.networkUser compute.networkViewer compute.osAdminLogin compute.osLogin compute.securityAdmin
compute.storageAdmin compute.viewer
container.admin container.clusterAdmin container.clusterViewer container.developer container.viewer
dataflow.admin dataflow.developer dataflow.viewer dataproc.admin dataproc.editor dataproc.viewer
datastore.importExportAdmin datastore.owner datastore.user datastore.viewer dns.admin dns.reader
errorreporting.viewer file.editor firebase.admin firebase.viewer
iam.roleAdmin iam.roleViewer iam.securityAdmin iam.securityReviewer iam.serviceAccountAdmin
iam.serviceAccountKeyAdmin iam.serviceAccountTokenCreator iam.serviceAccountUser iam.workloadIdentityUser
iap.admin iap.httpsResourceAccessor iap.tunnelResourceAccessor
logging.admin logging.configWriter logging.logWriter logging.privateLogViewer logging.viewer
monitoring.admin monitoring.editor monitoring.metricWriter monitoring.viewer
privilegedaccessmanager.admin pubsub.admin pubsub.editor pubsub.publisher pubsub.subscriber pubsub.viewer
redis.admin redis.viewer resourcemanager.projectIamAdmin run.admin run.developer run.invoker run.viewer
secretmanager.admin secretmanager.secretAccessor secretmanager.secretVersionManager secretmanager.viewer
serviceusage.serviceUsageAdmin serviceusage.serviceUsageConsumer spanner.admin spanner.databaseAdmin
spanner.databaseReader spanner.databaseUser spanner.viewer
storage.admin storage.objectAdmin storage.objectCreator storage.objectUser storage.objectViewer
viewer editor owner
"""
_FOLDERS_UP = """
resourcemanager.folderAdmin resourcemanager.folderEditor resourcemanager.folderIamAdmin
resourcemanager.folderMover resourcemanager.folderViewer resourcemanager.projectCreator
resourcemanager.projectDeleter resourcemanager.projectMover
"""
_ORGANIZATIONS = """
billing.admin billing.creator billing.user billing.viewer iam.organizationRoleAdmin iam.organizationRoleViewer
orgpolicy.policyAdmin resourcemanager.organizationAdmin resourcemanager.organizationViewer
securitycenter.admin securitycenter.adminViewer
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(f"roles/{name}" for name in text.split())


GRANTABLE = {
    "projects": _names(_ANYWHERE),
    "folders": _names(_ANYWHERE) | _names(_FOLDERS_UP),
    "organizations": _names(_ANYWHERE) | _names(_FOLDERS_UP) | _names(_ORGANIZATIONS),
}

INCLUDED = {
    "roles/logging.viewer": (
        "logging.buckets.get",
        "logging.buckets.list",
        "logging.logEntries.list",
        "logging.logs.list",
        "resourcemanager.projects.get",
    ),
    "roles/browser": (
        "resourcemanager.folders.get",
        "resourcemanager.folders.list",
        "resourcemanager.organizations.get",
        "resourcemanager.projects.get",
        "resourcemanager.projects.getIamPolicy",
        "resourcemanager.projects.list",
    ),
}
"""What some of them hold, or a part of it."""
