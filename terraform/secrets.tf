# Values are made here, straight into Secret Manager: they are in no plan and in no state. A running
# revision names the version it uses, so a new version changes nothing until it is rolled out.

locals {
  # What functions.json may ask for: variable -> secret.
  secret_of_variable = { JWT_SECRET_KEY = "jwt-secret-key" }

  password_ids = toset(concat(
    ["database-password-migrator"],
    [for login in values(local.logins) : "database-password-${replace(login, "_", "-")}"],
  ))
  secret_ids = toset(concat(values(local.secret_of_variable), tolist(local.password_ids)))

  pinned = {
    for id in local.secret_ids : id => {
      secret  = google_secret_manager_secret.this[id].secret_id
      version = try(var.secret_versions[id], google_secret_manager_secret_version.this[id].version)
    }
  }

  function_secrets = {
    for name, function in local.functions : name => merge(
      { PGPASSWORD = local.pinned["database-password-${replace(local.logins[name], "_", "-")}"] },
      { for variable in function.secrets : variable => local.pinned[local.secret_of_variable[variable]] },
    )
  }
}

ephemeral "random_password" "value" {
  for_each = local.secret_ids
  length   = 48
  special  = false
}

resource "google_secret_manager_secret" "this" {
  for_each  = local.secret_ids
  secret_id = each.key
  labels    = local.labels

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.required]
}

resource "google_secret_manager_secret_version" "this" {
  for_each = local.secret_ids

  secret = google_secret_manager_secret.this[each.key].id
  # The signing key is `kid:secret`. It is rotated by hand, with the old key kept beside the new for as
  # long as tokens of it are good (README.md), so Terraform writes it once.
  secret_data_wo = (
    each.key == "jwt-secret-key" ? "k1:${ephemeral.random_password.value[each.key].result}" : ephemeral.random_password.value[each.key].result
  )
  secret_data_wo_version = each.key == "jwt-secret-key" ? "1" : tostring(var.password_generation)

  # Revisions that still run name the old version: it is disabled by hand once they are gone.
  deletion_policy = "ABANDON"
  lifecycle {
    create_before_destroy = true
  }
}
