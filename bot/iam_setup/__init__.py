"""What gives the service's account the power to grant what a policy names, and no more: gcloud lines, Terraform.

Every name that is printed has a fixed shape that neither a shell nor Terraform reads anything into.
"""
