variable "datacenter" {
  description = "UUID of the IONOS datacenter."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.datacenter))
    error_message = "Must be a UUID."
  }
}

variable "prefix" {
  description = "Prefix in the names of the servers, such as -dev."
  type        = string
  default     = ""
}

variable "admin_sources" {
  description = "IPv4 addresses that reach ssh."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for s in var.admin_sources : can(cidrhost("${s}/32", 0))])
    error_message = "Each must be an IPv4 address."
  }
}

variable "monitoring_sources" {
  description = "IPv4 addresses of Prometheus and Alertmanager, which reach the exporters and the port of bbb-scaler."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for s in var.monitoring_sources : can(cidrhost("${s}/32", 0))])
    error_message = "Each must be an IPv4 address."
  }
}
