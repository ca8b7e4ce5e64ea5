variable "name" {
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
    error_message = "No image by digest: add this job to `images`, as …/<name>@sha256:…."
  }
}

variable "args" {
  description = "Arguments of the image's program."
  type        = list(string)
  default     = []
}

variable "service_account" {
  description = "Email of the account it runs as."
  type        = string
}

variable "cpu" {
  type = string
}

variable "memory" {
  type = string
}

variable "timeout_seconds" {
  type = number
}

variable "parallelism" {
  description = "Tasks at once."
  type        = number
  default     = 1
}

variable "env" {
  description = "Variable -> value."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Variable -> secret id and version. The version is a number."
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

variable "labels" {
  type = map(string)
}

variable "deletion_protection" {
  type    = bool
  default = true
}
