mock_provider "google" {}

variables {
  name        = "bill"
  description = "Usage, ledger and budgets."
  project_id  = "demo"
}

run "a_function_gets_the_database_and_its_secrets" {
  variables {
    secrets = { PGPASSWORD = "database-password-bill-login" }
  }
  assert {
    condition     = google_service_account.this.account_id == "fn-bill"
    error_message = "The account is named after the function."
  }
  assert {
    condition     = output.roles == ["roles/cloudsql.client"]
    error_message = "Without calls_models the database is all it may use in the project."
  }
  assert {
    condition = (
      keys(google_secret_manager_secret_iam_member.secret) == ["PGPASSWORD"]
      && google_secret_manager_secret_iam_member.secret["PGPASSWORD"].secret_id == "database-password-bill-login"
      && google_secret_manager_secret_iam_member.secret["PGPASSWORD"].role == "roles/secretmanager.secretAccessor"
    )
    error_message = "It may read the secrets it is given, each by itself."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.secret["PGPASSWORD"].member == google_service_account.this.member
    error_message = "The grant is for this function's account."
  }
}

run "only_who_calls_models_may_call_models" {
  variables {
    calls_models = true
  }
  assert {
    condition     = contains(output.roles, "roles/aiplatform.user") && length(output.roles) == 2
    error_message = "calls_models adds roles/aiplatform.user and nothing else."
  }
}

run "a_name_too_long_for_an_account_is_refused" {
  command = plan
  variables {
    name = "a-function-with-a-far-too-long-name"
  }
  expect_failures = [var.name]
}
