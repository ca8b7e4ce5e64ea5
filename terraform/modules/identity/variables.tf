variable "name" {
  description = "The function."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,25}[a-z0-9]$", var.name))
    error_message = "The name becomes fn-<name>, which may have 30 lower-case letters, digits and hyphens."
  }
}

variable "description" {
  type = string
}

variable "project_id" {
  type = string
}

variable "calls_models" {
  description = "May call models on Vertex AI."
  type        = bool
  default     = false
}

variable "secrets" {
  description = "Any key -> secret id it may read."
  type        = map(string)
  default     = {}
}
