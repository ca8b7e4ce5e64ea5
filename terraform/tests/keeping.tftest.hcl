# Random values come from the real provider, which needs no credentials: ephemeral resources can't be mocked.
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "42" }
  }
}

run "secrets_stay_in_the_region" {
  assert {
    condition = alltrue([for s in values(google_secret_manager_secret.this) :
      [for r in s.replication[0].user_managed[0].replicas : r.location] == ["asia-south1"]
    ])
    error_message = "Secrets rest in the region and nowhere else."
  }
  assert {
    condition     = length(google_secret_manager_secret.this) == 15
    error_message = "The signing key; a password for the owner, each function and people; PhonePe's two, the e-invoice portal's two, the GSP's."
  }
}

run "a_rotated_secret_is_used_by_its_number" {
  variables {
    secret_versions = { phonepe-client-secret = "3", jwt-secret-key = "7" }
  }
  assert {
    condition     = module.service["ingress"].env["JWT_SECRET_KEY"] == "jwt-secret-key:7"
    error_message = "secret_versions says which version runs."
  }
}

run "latest_is_refused" {
  command = plan
  variables {
    secret_versions = { jwt-secret-key = "latest" }
  }
  expect_failures = [var.secret_versions]
}

run "database_passwords_are_renewed_alone" {
  variables {
    password_generation = 2
  }
  assert {
    condition = (
      google_secret_manager_secret_version.this["database-password-bill-login"].secret_data_wo_version == "2"
      && google_secret_manager_secret_version.this["jwt-secret-key"].secret_data_wo_version == "1"
      && google_secret_manager_secret_version.this["phonepe-webhook-password"].secret_data_wo_version == "1"
      && google_sql_user.migrator.password_wo_version == 2
    )
    error_message = "A new generation renews database passwords; the signing key, and what PhonePe was told, stay."
  }
}

run "skills_are_private_and_versioned" {
  assert {
    condition = (
      google_storage_bucket.skills.versioning[0].enabled
      && google_storage_bucket.skills.uniform_bucket_level_access
      && google_storage_bucket.skills.public_access_prevention == "enforced"
    )
    error_message = "The skills bucket keeps versions and can't be opened to the public."
  }
  assert {
    condition = (
      toset(keys(google_storage_bucket_iam_member.skills_reader)) == toset(["ingress", "route", "execute-skill"])
      && alltrue([for grant in values(google_storage_bucket_iam_member.skills_reader) : grant.role == "roles/storage.objectViewer"])
    )
    error_message = "Who names SKILLS_BUCKET may read it, and no one may write."
  }
  assert {
    condition = (
      google_storage_notification.skills.bucket == google_storage_bucket.skills.name
      && toset(google_storage_notification.skills.event_types) == toset(["OBJECT_FINALIZE", "OBJECT_DELETE"])
      && contains(module.topic["skill-published-v1"].publishers, "cloud-storage")
    )
    error_message = "A file that comes or goes is told to those who serve skills."
  }
}

run "everything_carries_labels" {
  assert {
    condition = alltrue([for labels in concat(
      [google_storage_bucket.skills.labels, google_storage_bucket.invoices.labels, google_artifact_registry_repository.images.labels, google_sql_database_instance.main.settings[0].user_labels],
      [for s in values(google_secret_manager_secret.this) : s.labels],
    ) : labels["app"] == "raptorflow" && labels["environment"] == "prod"])
    error_message = "Buckets, registry, database and secrets carry the labels."
  }
}

run "a_wildcard_origin_is_refused" {
  command = plan
  variables {
    cors_allowed_origins = ["*"]
  }
  expect_failures = [var.cors_allowed_origins]
}
