# Two kinds of secret. What is ours to choose is made here, straight into Secret Manager: it is in no plan
# and in no state. What others gave us a person adds: Terraform makes the secret, empty, and never sees a
# value; secret_versions names the version. A running revision names the version it uses, so a new version
# changes nothing until it is rolled out.

locals {
  # What functions.json may ask for: variable -> secret.
  secret_of_variable = merge(local.made_secrets, local.given_secrets)

  made_secrets = {
    JWT_SECRET_KEY           = "jwt-secret-key"
    PHONEPE_WEBHOOK_PASSWORD = "phonepe-webhook-password"
  }
  given_secrets = {
    PHONEPE_CLIENT_SECRET  = "phonepe-client-secret"
    EINVOICE_CLIENT_SECRET = "einvoice-client-secret"
    EINVOICE_PASSWORD      = "einvoice-password"
    GSP_API_KEY            = "gsp-api-key"
  }
  # Of systems outside that this environment does not use: their functions do without.
  unused_secrets = concat(
    var.einvoice == null ? ["EINVOICE_CLIENT_SECRET", "EINVOICE_PASSWORD"] : [],
    var.gsp == null ? ["GSP_API_KEY"] : [],
  )
  unnamed_secrets = [
    for variable, id in local.given_secrets : id if !contains(local.unused_secrets, variable) && !contains(keys(var.secret_versions), id)
  ]

  password_ids = toset(concat(
    ["database-password-migrator"],
    [for login in values(local.logins) : "database-password-${replace(login, "_", "-")}"],
  ))
  made_ids   = setunion(local.password_ids, values(local.made_secrets))
  secret_ids = setunion(local.made_ids, values(local.given_secrets))

  pinned = {
    for id in local.secret_ids : id => {
      secret = google_secret_manager_secret.this[id].secret_id
      # Null is refused below.
      version = try(var.secret_versions[id], google_secret_manager_secret_version.this[id].version, null)
    }
  }

  function_secrets = {
    for name, function in local.functions : name => merge(
      { PGPASSWORD = local.pinned["database-password-${replace(local.logins[name], "_", "-")}"] },
      { for variable in function.secrets : variable => local.pinned[local.secret_of_variable[variable]] if !contains(local.unused_secrets, variable) },
    )
  }

  # PhonePe's dashboard takes 8 to 20 letters and digits.
  value_length = { for id in local.made_ids : id => id == "phonepe-webhook-password" ? 20 : 48 }
}

ephemeral "random_password" "value" {
  for_each    = local.made_ids
  length      = local.value_length[each.key]
  special     = false
  min_lower   = 2
  min_upper   = 2
  min_numeric = 2
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
  for_each = local.made_ids

  secret = google_secret_manager_secret.this[each.key].id
  # The signing key is `kid:secret`.
  secret_data_wo = (
    each.key == "jwt-secret-key" ? "k1:${ephemeral.random_password.value[each.key].result}" : ephemeral.random_password.value[each.key].result
  )
  # Terraform renews database passwords only. The others are rotated by hand (README.md): the old signing
  # key is kept beside the new for as long as tokens of it are good, and PhonePe must be told its password.
  secret_data_wo_version = contains(local.password_ids, each.key) ? tostring(var.password_generation) : "1"

  # Revisions that still run name the old version: it is disabled by hand once they are gone.
  deletion_policy = "ABANDON"
  lifecycle {
    create_before_destroy = true
  }
}

# Apart from the secrets, so that they can be made before anybody has added a version.
resource "terraform_data" "given_secrets" {
  input = { for id in values(local.given_secrets) : id => lookup(var.secret_versions, id, null) }

  lifecycle {
    precondition {
      condition     = length(local.unnamed_secrets) == 0
      error_message = "No version to run with is named for ${join(", ", local.unnamed_secrets)}. Add the value (printf %s VALUE | gcloud secrets versions add NAME --data-file=-) and name its version: secret_versions = { ${join(", ", [for id in local.unnamed_secrets : "${id} = \"1\""])} }."
    }
  }
}
