# What those who sell, take payments and issue invoices find in their environment. Everything that
# functions.json may name stands here, so that a name that is mistyped there fails the plan; what is not
# set is empty, and then the function's own default holds.

locals {
  phonepe_sandbox = "https://api-preprod.phonepe.com/apis/pg-sandbox"

  billing_env = {
    for variable, value in {
      SUPPLIER_GSTIN      = var.supplier.gstin
      SUPPLIER_UNDER_LUT  = tostring(var.supplier.under_lut)
      EXPORTS_UNDER_LUT   = tostring(var.supplier.exports_under_lut)
      SUPPLIER_LEGAL_NAME = var.supplier.legal_name
      SUPPLIER_ADDRESS    = join("|", var.supplier.address)
      SUPPLIER_PLACE      = var.supplier.place
      SUPPLIER_PIN        = var.supplier.pin
      SUPPLIER_EMAIL      = var.supplier.email

      # Production's addresses are the code's. The sandbox has one for both.
      PHONEPE_CLIENT_ID        = var.phonepe.client_id
      PHONEPE_CLIENT_VERSION   = tostring(var.phonepe.client_version)
      PHONEPE_PG_BASE_URL      = var.phonepe.sandbox ? local.phonepe_sandbox : null
      PHONEPE_OAUTH_BASE_URL   = var.phonepe.sandbox ? local.phonepe_sandbox : null
      PHONEPE_WEBHOOK_USERNAME = var.phonepe.webhook_username

      BILLING_SUCCESS_URL = var.billing.success_url
      PRICES_INCLUDE_TAX  = tostring(var.billing.prices_include_tax)
      TRIAL_DAYS          = tostring(var.billing.trial_days)
      REFUND_WINDOW_DAYS  = tostring(var.billing.refund_window_days)
      USD_INR             = tostring(var.billing.usd_inr)
      ANOMALY_PAUSES      = tostring(var.billing.anomaly_pauses)
      INVOICE_SERIES      = var.billing.invoice_series
      CREDIT_NOTE_SERIES  = var.billing.credit_note_series
      DYNAMIC_PRICING = (
        var.billing.dynamic_pricing == null ? null
        : jsonencode({ for key, value in var.billing.dynamic_pricing : key => value if value != null })
      )

      # `[*]` of nothing is an empty list.
      EINVOICE_BASE_URL   = one(var.einvoice[*].base_url)
      EINVOICE_CLIENT_ID  = one(var.einvoice[*].client_id)
      EINVOICE_USERNAME   = one(var.einvoice[*].username)
      EINVOICE_PUBLIC_KEY = one(var.einvoice[*].public_key)
      GSP_BASE_URL        = one(var.gsp[*].base_url)
    } : variable => value == null ? "" : value
  }
}
