variable "project_id" {
  description = "The Google Cloud project. One project holds one environment."
  type        = string
}

variable "environment" {
  description = "dev or prod. prod insists on a database that falls under Cloud SQL's SLA."
  type        = string
  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "environment must be dev or prod."
  }
}

variable "region" {
  description = "Where everything runs and where all data rests. Mumbai, unless there is a reason."
  type        = string
  default     = "asia-south1"
}

variable "model_location" {
  description = "Where Gemini models run: global, us, eu or a region. Empty: each model's own place. Prompts leave India unless this is an Indian region that serves the model."
  type        = string
  default     = ""
}

variable "images" {
  description = "Image of each function and of raptor, by digest: { bill = \"…/bill@sha256:…\" }. cloudbuild.yaml writes it. May be empty only while the registry itself is made."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for image in values(var.images) : can(regex("@sha256:[0-9a-f]{64}$", image))])
    error_message = "Every image must be pinned by digest (…@sha256:…), never by tag."
  }
}

variable "cors_allowed_origins" {
  description = "Web origins that may call the API from a browser, such as https://app.example.in."
  type        = list(string)
  validation {
    condition     = alltrue([for origin in var.cors_allowed_origins : can(regex("^https?://[^/*]+$", origin))])
    error_message = "An origin is a scheme and a host, without a path and without wildcards."
  }
}

variable "scale" {
  description = "Per function, what differs from functions.json in this environment."
  type = map(object({
    cpu            = optional(string)
    memory         = optional(string)
    min_instances  = optional(number)
    max_instances  = optional(number)
    db_connections = optional(number)
  }))
  default = {}
}

variable "database" {
  description = "Cloud SQL. Shared-core tiers (db-f1-micro, db-g1-small) are for dev alone. max_connections: only for tiers whose limit is not known here."
  type = object({
    tier               = optional(string, "db-custom-4-16384")
    edition            = optional(string, "ENTERPRISE")
    highly_available   = optional(bool, true)
    disk_gb            = optional(number, 20)
    retained_backups   = optional(number, 14)
    max_connections    = optional(number)
    query_plan_samples = optional(number, 5)
  })
  default = {}
}

variable "probes" {
  description = "Seconds and counts of the startup and liveness probes. A function is ready well within a second, so they start at once."
  type = object({
    startup_delay     = optional(number, 0)
    startup_period    = optional(number, 1)
    startup_failures  = optional(number, 30)
    liveness_period   = optional(number, 30)
    liveness_failures = optional(number, 3)
  })
  default = {}
}

variable "supplier" {
  description = "Who sells: RaptorFlow's GSTIN, and its name and address as they are registered for GST. address: one or two lines. under_lut: it has a letter of undertaking (RFD-11), so zones bear no tax. exports_under_lut: nor do customers abroad, though they pay in rupees (ask an accountant first)."
  type = object({
    gstin      = string
    legal_name = string
    address    = list(string)
    place      = string
    pin        = string
    email      = optional(string)
    under_lut  = optional(bool, false)

    exports_under_lut = optional(bool, false)
  })
  validation {
    condition     = can(regex("^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z][1-9A-JZ][0-9A-Z]$", var.supplier.gstin))
    error_message = "supplier.gstin has another shape than a GSTIN: 2 digits of the state, 10 characters of the PAN, then 3 more, in capitals."
  }
  validation {
    condition     = var.supplier.gstin != "29AAFCC9980M1ZR"
    error_message = "supplier.gstin is the example that the code carries for development: no function starts with it in the cloud."
  }
  validation {
    condition     = can(regex("^[1-9][0-9]{5}$", var.supplier.pin))
    error_message = "supplier.pin must be a PIN code of six digits."
  }
  validation {
    condition = (
      contains([1, 2], length(var.supplier.address))
      && alltrue([for line in var.supplier.address : trimspace(line) != "" && !strcontains(line, "|")])
    )
    error_message = "supplier.address must be one or two lines, without | in them."
  }
  validation {
    condition     = trimspace(var.supplier.legal_name) != "" && trimspace(var.supplier.place) != ""
    error_message = "supplier.legal_name and supplier.place must not be empty."
  }
}

variable "phonepe" {
  description = "The account with PhonePe, from its dashboard. Its client secret is the secret phonepe-client-secret, added by hand. webhook_username: what callbacks come with; its password is made here."
  type = object({
    client_id        = string
    client_version   = optional(number, 1)
    sandbox          = optional(bool, false)
    webhook_username = optional(string, "raptorflow")
  })
  validation {
    condition     = trimspace(var.phonepe.client_id) != "" && var.phonepe.client_version >= 1
    error_message = "phonepe.client_id must not be empty, and client_version begins at 1."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9_]{5,20}$", var.phonepe.webhook_username))
    error_message = "phonepe.webhook_username must be 5 to 20 letters, digits and underscores: PhonePe takes no other."
  }
  validation {
    condition     = !(var.environment == "prod" && var.phonepe.sandbox)
    error_message = "phonepe.sandbox in prod: nothing would be paid."
  }
}

variable "billing" {
  description = "The terms of business. What is left out keeps the function's own default (.env.example). usd_inr: for the floor of dynamic prices. dynamic_pricing: fractions as text, such as \"0.3\"."
  type = object({
    success_url        = optional(string)
    prices_include_tax = optional(bool)
    trial_days         = optional(number)
    refund_window_days = optional(number)
    usd_inr            = optional(number)
    dynamic_pricing = optional(object({
      enabled          = bool
      discount_tokens  = optional(number)
      max_discount     = optional(string)
      india_multiplier = optional(string)
      floor_margin     = optional(string)
    }))
    anomaly_pauses     = optional(bool)
    invoice_series     = optional(string)
    credit_note_series = optional(string)
  })
  default = {}
  validation {
    condition     = var.billing.success_url == null || can(regex("^https://[^/]", var.billing.success_url))
    error_message = "billing.success_url must be an https address."
  }
  validation {
    condition     = var.billing.trial_days == null || try(contains(range(1, 366), var.billing.trial_days), false)
    error_message = "billing.trial_days must be 1 to 365."
  }
  validation {
    condition     = var.billing.refund_window_days == null || try(contains(range(0, 366), var.billing.refund_window_days), false)
    error_message = "billing.refund_window_days must be 0 to 365."
  }
  validation {
    condition     = var.billing.usd_inr == null || try(var.billing.usd_inr > 0, false)
    error_message = "billing.usd_inr must be more than 0."
  }
  validation {
    condition = alltrue([
      for series in [var.billing.invoice_series, var.billing.credit_note_series] : series == null || can(regex("^[A-Z]{1,3}$", series))
    ])
    error_message = "billing.invoice_series and credit_note_series must be one to three capitals."
  }
  validation {
    condition     = var.billing.invoice_series == null || var.billing.invoice_series != var.billing.credit_note_series
    error_message = "Invoices and credit notes can't share a series."
  }
}

variable "einvoice" {
  description = "The e-invoice portal, through a GSP: needed above a turnover of 5 crore rupees. Its client secret and password are secrets, added by hand. public_key: the portal's keys (PEM) that signatures are checked against; without any they are taken on trust in TLS."
  type = object({
    base_url   = string
    client_id  = string
    username   = string
    public_key = optional(string)
  })
  default = null
  validation {
    condition     = var.einvoice == null || can(regex("^https://[^/]", var.einvoice.base_url))
    error_message = "einvoice.base_url must be an https address."
  }
}

variable "gsp" {
  description = "The GSP that looks up GSTINs; without it none is verified. Its key is a secret, added by hand."
  type        = object({ base_url = string })
  default     = null
  validation {
    condition     = var.gsp == null || can(regex("^https://[^/]", var.gsp.base_url))
    error_message = "gsp.base_url must be an https address."
  }
}

variable "lock_invoices" {
  description = "Lock the eight years for which prod keeps invoices. This can never be undone, by anybody."
  type        = bool
  default     = false
}

variable "secret_versions" {
  description = "Secret id -> version to run with: of what was rotated by hand, and of what only a person can add (phonepe-client-secret, einvoice-client-secret, einvoice-password, gsp-api-key)."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for version in values(var.secret_versions) : can(regex("^[1-9][0-9]*$", version))])
    error_message = "A secret version is a number: \"latest\" would change under a running service."
  }
}

variable "password_generation" {
  description = "Raise it to give every database login a new password; the migration job sets them."
  type        = number
  default     = 1
}

variable "log_level" {
  description = "error, warn, info, debug or trace."
  type        = string
  default     = "info"
}

variable "deletion_protection" {
  description = "Refuse to destroy the database, the services and buckets with files in them."
  type        = bool
  default     = true
}
