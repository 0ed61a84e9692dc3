"""`make bench`: every performance figure of the project, measured in one run against baselines of the same run."""
