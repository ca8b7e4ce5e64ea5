# Random values come from the real provider, which needs no credentials: ephemeral resources can't be mocked.
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "42" }
  }
}

run "invoices_are_private_in_india_and_only_added_to" {
  assert {
    condition = (
      google_storage_bucket.invoices.name == "demo-invoices"
      && google_storage_bucket.invoices.location == "asia-south1"
      && google_storage_bucket.invoices.uniform_bucket_level_access
      && google_storage_bucket.invoices.public_access_prevention == "enforced"
    )
    error_message = "The bucket of invoices is in India and can't be opened to the public."
  }
  assert {
    condition     = toset([for name, s in module.service : name if try(s.env["INVOICES_BUCKET"], "") == "demo-invoices"]) == toset(["ingress", "gst-invoice"])
    error_message = "ingress and gst-invoice know the bucket."
  }
  assert {
    condition = (
      toset(keys(google_storage_bucket_iam_member.invoices_reader)) == toset(["ingress", "gst-invoice"])
      && alltrue([for name, grant in google_storage_bucket_iam_member.invoices_reader :
        grant.role == "roles/storage.objectViewer" && grant.bucket == "demo-invoices" && grant.member == module.identity[name].member
      ])
    )
    error_message = "Who names INVOICES_BUCKET may read it."
  }
  assert {
    condition = (
      google_storage_bucket_iam_member.invoices_writer.role == "roles/storage.objectCreator"
      && google_storage_bucket_iam_member.invoices_writer.bucket == "demo-invoices"
      && google_storage_bucket_iam_member.invoices_writer.member == module.identity["gst-invoice"].member
    )
    error_message = "gst-invoice alone adds files, and may neither delete nor replace one."
  }
}

run "prod_keeps_invoices_for_eight_years" {
  assert {
    # 8 x 365 days and two leap days, in seconds.
    condition = (
      one(google_storage_bucket.invoices.retention_policy).retention_period == "252460800"
      && !one(google_storage_bucket.invoices.retention_policy).is_locked
    )
    error_message = "Nobody deletes an invoice before 2922 days have gone; the policy is not locked by itself."
  }
  assert {
    condition     = !google_storage_bucket.invoices.versioning[0].enabled
    error_message = "A delete must be refused, not make a version that nobody sees."
  }
  assert {
    condition     = google_storage_bucket.invoices.soft_delete_policy[0].retention_duration_seconds == 7776000
    error_message = "What is deleted can be brought back for 90 days."
  }
}

run "the_policy_is_locked_when_somebody_says_so" {
  variables {
    lock_invoices = true
  }
  assert {
    condition     = one(google_storage_bucket.invoices.retention_policy).is_locked
    error_message = "lock_invoices locks the policy."
  }
}

run "dev_keeps_versions_and_can_be_destroyed" {
  command = plan
  variables {
    environment = "dev"
  }
  assert {
    condition = (
      length(google_storage_bucket.invoices.retention_policy) == 0
      && google_storage_bucket.invoices.versioning[0].enabled
      && google_storage_bucket.invoices.force_destroy
    )
    error_message = "Files of dev are no invoices: kept as versions, and gone with the environment."
  }
}

run "a_bucket_with_invoices_is_not_destroyed" {
  command = plan
  variables {
    deletion_protection = true
  }
  assert {
    condition     = !google_storage_bucket.invoices.force_destroy
    error_message = "deletion_protection holds for the bucket of invoices."
  }
}
