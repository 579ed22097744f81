# The names are those of the Terraform setup that this module goes into:
# terraform.tfvars and secrets.tfvars stay as they are.

variable "hpi_ionos_user" {
  description = "IONOS login."
  type        = string
}

variable "hpi_ionos_pw" {
  description = "IONOS password."
  type        = string
  sensitive   = true
}

variable "datacenter" {
  description = "IONOS datacenter UUID; several are separated by commas."
  type        = string
}

variable "scalite_secret_lb" {
  description = "Scalelite's LOADBALANCER_SECRET."
  type        = string
  sensitive   = true
}

variable "scalelite_host" {
  description = "Address of the Scalelite node, reached by ssh."
  type        = string
}

variable "ssh_user" {
  description = "User on the Scalelite node; may use docker."
  type        = string
  default     = "root"
}

variable "ssh_private_key" {
  description = "Private key of that user, in PEM."
  type        = string
  sensitive   = true
}

variable "autoscaler_image" {
  description = "Container image of the scaler, with a version."
  type        = string
  default     = "bbb-scaler:0.1.0"
  validation {
    condition     = can(regex("(:[^/:]+|@sha256:[0-9a-f]{64})$", var.autoscaler_image)) && !endswith(var.autoscaler_image, ":latest")
    error_message = "Must end in a version such as :0.1.0, or in a digest, and not be :latest."
  }
}

variable "autoscaler_config" {
  description = "Text of bbb-scaler.yml, for keys without a variable here."
  type        = string
}

variable "autoscaler_min_active_machines" {
  description = "Least number of active servers."
  type        = number
  default     = 2
}

variable "autoscaler_waitingtime" {
  description = "Cooldown between two changes, in milliseconds; at least 60000."
  type        = number
  default     = 300000
}

variable "autoscaler_max_allowed_memory_workload" {
  description = "Memory workload from which servers are added, a ratio."
  type        = number
  default     = 0.85
}

variable "autoscaler_min_allowed_memory_workload" {
  description = "Memory workload below which servers are taken away, a ratio."
  type        = number
  default     = 0.15
}

variable "autoscaler_max_allowed_cpu_workload" {
  description = "CPU workload from which servers are added, a ratio."
  type        = number
  default     = 0.85
}

variable "autoscaler_min_allowed_cpu_workload" {
  description = "CPU workload below which servers are taken away, a ratio."
  type        = number
  default     = 0.15
}

variable "autoscaler_max_worker_memory" {
  description = "Greatest RAM of a server, in MiB; a multiple of 1024."
  type        = number
  default     = 16384
}

variable "autoscaler_max_worker_cpu" {
  description = "Greatest number of cores of a server."
  type        = number
  default     = 10
}

variable "autoscaler_default_worker_memory" {
  description = "RAM that an empty server is set back to, in MiB, a multiple of 1024; null: bbb_server_memory."
  type        = number
  default     = null
}

variable "autoscaler_default_worker_cpu" {
  description = "Cores that an empty server is set back to; null: bbb_server_cpu."
  type        = number
  default     = null
}

variable "bbb_server_memory" {
  description = "RAM that the servers were made with, in MiB; null: 8192."
  type        = number
  default     = null
}

variable "bbb_server_cpu" {
  description = "Cores that the servers were made with; null: 2."
  type        = number
  default     = null
}

variable "domainname" {
  description = "Domain of the Scalelite node; with prefix it gives the name scalelite<prefix>.<domainname>."
  type        = string
  default     = ""
}

variable "prefix" {
  description = "Prefix in the names of the servers, such as -dev."
  type        = string
  default     = ""
}

variable "scalelite_url_host" {
  description = "Scalelite's URL_HOST, if it is not the name above. Without either, set scalelite.url in autoscaler_config; without all three no server is ever drained."
  type        = string
  default     = ""
}

variable "autoscaler_grafana_endpoint" {
  description = "Prometheus through Grafana's data source proxy; empty: none."
  type        = string
  default     = ""
}

variable "autoscaler_grafana_token" {
  description = "Bearer token for it."
  type        = string
  default     = ""
  sensitive   = true
}

variable "autoscaler_listen" {
  description = "Address of the node that the port is opened on; 0.0.0.0 for all of them."
  type        = string
  default     = "127.0.0.1"
}

variable "autoscaler_web_config" {
  description = "Text of web.yml, for TLS and a login on the port; empty: neither."
  type        = string
  default     = ""
  sensitive   = true
}

variable "autoscaler_web_cert" {
  description = "Certificate that web.yml names cert.pem, in PEM."
  type        = string
  default     = ""
}

variable "autoscaler_web_key" {
  description = "Key that web.yml names key.pem, in PEM."
  type        = string
  default     = ""
  sensitive   = true
}
