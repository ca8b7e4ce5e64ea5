variable "name" {
  type = string
}

variable "description" {
  type = string
}

variable "project_id" {
  type = string
}

variable "region" {
  type = string
}

variable "image" {
  type = string
  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "No image by digest: add this function to `images`, as …/<function>@sha256:…."
  }
}

variable "service_account" {
  description = "Email of the account it runs as."
  type        = string
}

variable "public" {
  description = "Reachable from the internet and callable without a Google identity."
  type        = bool
  default     = false
}

variable "invokers" {
  description = "Any key -> member that may call it. A public service needs none."
  type        = map(string)
  default     = {}
}

variable "audience" {
  description = "What tokens of callers must carry as their audience."
  type        = string
}

variable "port" {
  type    = number
  default = 8080
}

variable "cpu" {
  type = string
  validation {
    condition     = tonumber(var.cpu) >= 1
    error_message = "Cloud Run gives several requests at once only to instances with a whole processor."
  }
}

variable "memory" {
  description = "At least 512Mi: the second-generation environment starts with no less."
  type        = string
}

variable "cpu_always" {
  description = "Keep the processor between requests."
  type        = bool
  default     = false
}

variable "concurrency" {
  description = "Requests at once, per instance."
  type        = number
  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 1000
    error_message = "Cloud Run allows 1 to 1000 requests at once per instance."
  }
}

variable "timeout_seconds" {
  type = number
  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 3600
    error_message = "Cloud Run cuts a request after an hour at the latest."
  }
}

variable "min_instances" {
  type    = number
  default = 0
}

variable "max_instances" {
  type = number
  validation {
    condition     = var.max_instances >= 1 && var.max_instances >= var.min_instances
    error_message = "max_instances must be at least 1 and at least min_instances."
  }
}

variable "env" {
  description = "Variable -> value."
  type        = map(string)
  default     = {}
  validation {
    condition     = !contains(keys(var.env), "PORT")
    error_message = "Cloud Run sets PORT itself."
  }
}

variable "secrets" {
  description = "Variable -> secret id and version. The version is a number: \"latest\" would change under running instances."
  type        = map(object({ secret = string, version = string }))
  default     = {}
  validation {
    condition     = alltrue([for secret in values(var.secrets) : secret.version != "latest"])
    error_message = "Pin secret versions by number."
  }
}

variable "database" {
  description = "Connection name of the Cloud SQL instance: project:region:name."
  type        = string
}

variable "probes" {
  type = object({
    startup_delay     = number
    startup_period    = number
    startup_failures  = number
    liveness_period   = number
    liveness_failures = number
  })
  default = {
    startup_delay     = 0
    startup_period    = 1
    startup_failures  = 30
    liveness_period   = 30
    liveness_failures = 3
  }
}

variable "labels" {
  type = map(string)
}

variable "deletion_protection" {
  type    = bool
  default = true
}
