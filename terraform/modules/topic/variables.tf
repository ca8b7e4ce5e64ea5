variable "name" {
  type = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*-v[0-9]+$", var.name))
    error_message = "A topic is named after its event and version, as in step-finished-v1."
  }
}

variable "project_id" {
  type = string
}

variable "region" {
  description = "Where messages may rest."
  type        = string
}

variable "subscriptions" {
  description = "Subscription name -> how it is delivered. `endpoint` is the service's address without a path."
  type = map(object({
    endpoint             = string
    audience             = string
    function             = string
    ack_deadline_seconds = number
    max_attempts         = number
    min_backoff_seconds  = number
    max_backoff_seconds  = number
  }))
  validation {
    condition     = alltrue([for s in values(var.subscriptions) : s.ack_deadline_seconds >= 10 && s.ack_deadline_seconds <= 600])
    error_message = "Pub/Sub allows acknowledgement deadlines of 10 to 600 seconds."
  }
  validation {
    condition     = alltrue([for s in values(var.subscriptions) : s.max_attempts >= 5 && s.max_attempts <= 100])
    error_message = "Pub/Sub allows 5 to 100 delivery attempts."
  }
  validation {
    condition     = alltrue([for s in values(var.subscriptions) : s.min_backoff_seconds <= s.max_backoff_seconds && s.max_backoff_seconds <= 600])
    error_message = "Backoff grows from min to max, at most 600 seconds."
  }
}

variable "publishers" {
  description = "Function -> member that may publish."
  type        = map(string)
}

variable "push_service_account" {
  description = "Email of the account whose token a push carries."
  type        = string
}

variable "pubsub_agent" {
  description = "Pub/Sub's own service account in this project, as a member."
  type        = string
}

variable "labels" {
  type = map(string)
}
