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

variable "secret_versions" {
  description = "Secret id -> version to run with, where it is not the one Terraform wrote (after a rotation by hand)."
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
  description = "Refuse to destroy the database, the services and a bucket with files in it."
  type        = bool
  default     = true
}
