# Random values come from the real provider, which needs no credentials: ephemeral resources can't be mocked.
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "42" }
  }
}

run "who_sells_reaches_who_prices_and_who_issues" {
  assert {
    condition = (
      toset([for name, s in module.service : name if try(s.env["SUPPLIER_GSTIN"], "") == "27AAPFU0939F1ZV"]) == toset(["ingress", "bill", "gst-invoice"])
      && toset([for name, s in module.service : name if try(s.env["SUPPLIER_UNDER_LUT"], "") == "false"]) == toset(["ingress", "bill", "gst-invoice"])
      && toset([for name, s in module.service : name if try(s.env["EXPORTS_UNDER_LUT"], "") == "false"]) == toset(["ingress", "bill", "gst-invoice"])
    )
    error_message = "The seller's GSTIN, and what its letter of undertaking frees of tax, are known to ingress, bill and gst-invoice."
  }
  assert {
    condition = (
      module.service["gst-invoice"].env["SUPPLIER_LEGAL_NAME"] == "Raptor Example Private Limited"
      && module.service["gst-invoice"].env["SUPPLIER_ADDRESS"] == "1 Example Road|Fort"
      && module.service["gst-invoice"].env["SUPPLIER_PLACE"] == "Mumbai"
      && module.service["gst-invoice"].env["SUPPLIER_PIN"] == "400001"
      && !contains(keys(module.service["gst-invoice"].env), "SUPPLIER_EMAIL")
    )
    error_message = "Who issues has the seller's name and address, the lines with | between; what is not set is left out."
  }
}

run "what_is_not_set_is_left_out" {
  assert {
    condition = alltrue([for s in values(module.service) : length(setintersection(keys(s.env), [
      "PRICES_INCLUDE_TAX", "TRIAL_DAYS", "REFUND_WINDOW_DAYS", "BILLING_SUCCESS_URL", "USD_INR", "DYNAMIC_PRICING", "ANOMALY_PAUSES", "INVOICE_SERIES", "CREDIT_NOTE_SERIES",
    ])) == 0])
    error_message = "Without `billing` no function is told a term of business."
  }
  assert {
    condition     = alltrue([for s in values(module.service) : length(setintersection(keys(s.env), ["PHONEPE_PG_BASE_URL", "PHONEPE_OAUTH_BASE_URL"])) == 0])
    error_message = "No address of PhonePe is set unless the sandbox is chosen."
  }
  assert {
    condition     = alltrue([for s in values(module.service) : length([for variable in keys(s.env) : variable if startswith(variable, "EINVOICE_") || startswith(variable, "GSP_")]) == 0])
    error_message = "A part of the settings would keep gst-invoice from starting."
  }
}

run "terms_that_are_set_reach_their_function" {
  variables {
    supplier = { gstin = "27AAPFU0939F1ZV", legal_name = "Raptor Example Private Limited", address = ["1 Example Road"], place = "Mumbai", pin = "400001", email = "billing@example.in", under_lut = true, exports_under_lut = true }
    billing = {
      success_url        = "https://app.example.in/paid"
      prices_include_tax = true
      trial_days         = 30
      refund_window_days = 0
      usd_inr            = 84.5
      dynamic_pricing    = { enabled = true, max_discount = "0.2" }
      anomaly_pauses     = false
      invoice_series     = "RX"
      credit_note_series = "CX"
    }
  }
  assert {
    condition = (
      module.service["ingress"].env["TRIAL_DAYS"] == "30" && module.service["ingress"].env["REFUND_WINDOW_DAYS"] == "0"
      && alltrue([for name in ["ingress", "bill", "gst-invoice"] : module.service[name].env["PRICES_INCLUDE_TAX"] == "true" && module.service[name].env["SUPPLIER_UNDER_LUT"] == "true" && module.service[name].env["EXPORTS_UNDER_LUT"] == "true"])
    )
    error_message = "Trial and refund window reach ingress (0 is a value), terms of prices all three."
  }
  assert {
    condition = (
      module.service["bill"].env["BILLING_SUCCESS_URL"] == "https://app.example.in/paid"
      && module.service["bill"].env["USD_INR"] == "84.5"
      && module.service["bill"].env["ANOMALY_PAUSES"] == "false"
      && module.service["bill"].env["DYNAMIC_PRICING"] == "{\"enabled\":true,\"max_discount\":\"0.2\"}"
      && alltrue([for variable in ["USD_INR", "DYNAMIC_PRICING"] : module.service["ingress"].env[variable] == module.service["bill"].env[variable]])
    )
    error_message = "What bill goes by; of dynamic pricing only what is set, fractions as text; ingress quotes what bill debits."
  }
  assert {
    condition = (
      module.service["gst-invoice"].env["INVOICE_SERIES"] == "RX" && module.service["gst-invoice"].env["CREDIT_NOTE_SERIES"] == "CX"
      && module.service["gst-invoice"].env["SUPPLIER_EMAIL"] == "billing@example.in"
    )
    error_message = "Series and the seller's address for letters reach gst-invoice."
  }
}

run "bill_calls_phonepe_and_the_webhook_believes_it" {
  assert {
    condition = (
      toset([for name, s in module.service : name if try(s.env["PHONEPE_CLIENT_ID"], "") == "M1EXAMPLE"]) == toset(["bill"])
      && module.service["bill"].env["PHONEPE_CLIENT_VERSION"] == "1"
      && toset([for name, s in module.service : name if contains(keys(s.env), "PHONEPE_CLIENT_SECRET")]) == toset(["bill"])
    )
    error_message = "The account with PhonePe is bill's alone."
  }
  assert {
    condition = (
      toset([for name, s in module.service : name if try(s.env["PHONEPE_WEBHOOK_USERNAME"], "") == "raptorflow"]) == toset(["phonepe-webhook"])
      && toset([for name, s in module.service : name if contains(keys(s.env), "PHONEPE_WEBHOOK_PASSWORD")]) == toset(["phonepe-webhook"])
    )
    error_message = "What callbacks are checked against is phonepe-webhook's alone."
  }
  assert {
    condition     = output.webhook_url == "${module.service["phonepe-webhook"].uri}/webhooks/phonepe"
    error_message = "The output is what PhonePe's dashboard is given."
  }
  assert {
    condition = (
      length(setintersection(keys(google_secret_manager_secret_version.this), ["phonepe-client-secret", "einvoice-client-secret", "einvoice-password", "gsp-api-key"])) == 0
      && length(setsubtract(["phonepe-client-secret", "einvoice-client-secret", "einvoice-password", "gsp-api-key"], keys(google_secret_manager_secret.this))) == 0
    )
    error_message = "The secret exists, and Terraform writes no version of it."
  }
  assert {
    condition     = module.service["bill"].env["PHONEPE_CLIENT_SECRET"] == "phonepe-client-secret:3"
    error_message = "The version is the one that is named."
  }
  assert {
    condition     = local.value_length["phonepe-webhook-password"] == 20 && local.value_length["jwt-secret-key"] == 48
    error_message = "PhonePe takes 8 to 20 characters; nothing else is so short."
  }
  assert {
    condition     = startswith(module.service["phonepe-webhook"].env["PHONEPE_WEBHOOK_PASSWORD"], "phonepe-webhook-password:")
    error_message = "phonepe-webhook gets the password as a secret."
  }
}

run "a_new_webhook_password_is_used_by_its_number" {
  variables {
    secret_versions = { phonepe-client-secret = "3", phonepe-webhook-password = "2" }
  }
  assert {
    condition     = module.service["phonepe-webhook"].env["PHONEPE_WEBHOOK_PASSWORD"] == "phonepe-webhook-password:2"
    error_message = "After a rotation by hand secret_versions says which version runs."
  }
}

run "the_sandbox_is_chosen_by_its_addresses" {
  variables {
    environment = "dev"
    phonepe     = { client_id = "M1EXAMPLE", sandbox = true }
  }
  assert {
    condition = alltrue([for variable in ["PHONEPE_PG_BASE_URL", "PHONEPE_OAUTH_BASE_URL"] :
      module.service["bill"].env[variable] == "https://api-preprod.phonepe.com/apis/pg-sandbox"
    ])
    error_message = "Both addresses are the sandbox's."
  }
}

run "the_sandbox_in_prod_is_refused" {
  command = plan
  variables {
    phonepe = { client_id = "M1EXAMPLE", sandbox = true }
  }
  expect_failures = [var.phonepe]
}

run "a_portal_and_a_gsp_are_gst_invoices_alone" {
  variables {
    einvoice        = { base_url = "https://einvoice.example.in", client_id = "portal-client", username = "API_raptor", public_key = "-----BEGIN PUBLIC KEY-----" }
    gsp             = { base_url = "https://gsp.example.in" }
    secret_versions = { phonepe-client-secret = "3", einvoice-client-secret = "4", einvoice-password = "5", gsp-api-key = "6" }
  }
  assert {
    condition     = toset([for name, s in module.service : name if length([for variable in keys(s.env) : variable if startswith(variable, "EINVOICE_") || startswith(variable, "GSP_")]) > 0]) == toset(["gst-invoice"])
    error_message = "Nobody else registers documents or looks up GSTINs."
  }
  assert {
    condition = (
      module.service["gst-invoice"].env["EINVOICE_BASE_URL"] == "https://einvoice.example.in"
      && module.service["gst-invoice"].env["EINVOICE_CLIENT_ID"] == "portal-client"
      && module.service["gst-invoice"].env["EINVOICE_USERNAME"] == "API_raptor"
      && module.service["gst-invoice"].env["EINVOICE_PUBLIC_KEY"] == "-----BEGIN PUBLIC KEY-----"
      && module.service["gst-invoice"].env["GSP_BASE_URL"] == "https://gsp.example.in"
    )
    error_message = "Addresses and names reach gst-invoice."
  }
  assert {
    condition = (
      module.service["gst-invoice"].env["EINVOICE_CLIENT_SECRET"] == "einvoice-client-secret:4"
      && module.service["gst-invoice"].env["EINVOICE_PASSWORD"] == "einvoice-password:5"
      && module.service["gst-invoice"].env["GSP_API_KEY"] == "gsp-api-key:6"
    )
    error_message = "Secrets are those of the versions that are named."
  }
  assert {
    condition = alltrue(flatten([for s in values(module.service) : [for variable, value in s.env :
      contains(keys(google_secret_manager_secret.this), split(":", value)[0]) if can(regex("PASSWORD|SECRET|API_KEY", variable))
    ]]))
    error_message = "What is named like a secret comes from Secret Manager."
  }
  assert {
    condition     = length(setsubtract(keys(local.secret_of_variable), flatten([for s in values(module.service) : keys(s.env)]))) == 0
    error_message = "Every secret that is kept has a function that uses it."
  }
}

run "a_secret_without_a_version_is_refused" {
  command = plan
  variables {
    secret_versions = {}
  }
  expect_failures = [terraform_data.given_secrets]
}

run "a_portal_without_its_secrets_is_refused" {
  command = plan
  variables {
    einvoice        = { base_url = "https://einvoice.example.in", client_id = "portal-client", username = "API_raptor" }
    secret_versions = { phonepe-client-secret = "3", einvoice-client-secret = "1" }
  }
  expect_failures = [terraform_data.given_secrets]
}

run "a_gsp_without_its_key_is_refused" {
  command = plan
  variables {
    gsp = { base_url = "https://gsp.example.in" }
  }
  expect_failures = [terraform_data.given_secrets]
}
