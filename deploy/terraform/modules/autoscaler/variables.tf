# The variables have the names of the existing Terraform setup, so that its
# terraform.tfvars and secrets.tfvars work unchanged.

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
  description = "UUID of the IONOS datacenter; separate several with commas."
  type        = string
}

variable "scalite_secret_lb" {
  description = "Scalelite's LOADBALANCER_SECRET."
  type        = string
  sensitive   = true
}

variable "scalelite_host" {
  description = "Address of Scalelite's host, for ssh."
  type        = string
}

variable "ssh_user" {
  description = "User on Scalelite's host who may use docker."
  type        = string
  default     = "root"
}

variable "ssh_private_key" {
  description = "Private key of that user, in PEM format."
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
  description = "Content of bbb-scaler.yml, for keys without a variable here."
  type        = string
}

variable "autoscaler_min_active_machines" {
  description = "Minimum number of active servers."
  type        = number
  default     = 2
}

variable "autoscaler_waitingtime" {
  description = "Cooldown between two changes, in milliseconds; at least 60000."
  type        = number
  default     = 300000
}

variable "autoscaler_max_allowed_memory_workload" {
  description = "Memory workload, as a ratio, from which servers are added."
  type        = number
  default     = 0.85
}

variable "autoscaler_min_allowed_memory_workload" {
  description = "Memory workload, as a ratio, below which servers are removed."
  type        = number
  default     = 0.15
}

variable "autoscaler_max_allowed_cpu_workload" {
  description = "CPU workload, as a ratio, from which servers are added."
  type        = number
  default     = 0.85
}

variable "autoscaler_min_allowed_cpu_workload" {
  description = "CPU workload, as a ratio, below which servers are removed."
  type        = number
  default     = 0.15
}

variable "autoscaler_max_worker_memory" {
  description = "Maximum RAM of a server, in MiB; a multiple of 1024."
  type        = number
  default     = 16384
}

variable "autoscaler_max_worker_cpu" {
  description = "Maximum number of cores of a server."
  type        = number
  default     = 10
}

variable "autoscaler_default_worker_memory" {
  description = "RAM of an empty server, in MiB; a multiple of 1024; null: bbb_server_memory."
  type        = number
  default     = null
}

variable "autoscaler_default_worker_cpu" {
  description = "Number of cores of an empty server; null: bbb_server_cpu."
  type        = number
  default     = null
}

variable "bbb_server_memory" {
  description = "RAM that the servers were created with, in MiB; null: 8192."
  type        = number
  default     = null
}

variable "bbb_server_cpu" {
  description = "Number of cores that the servers were created with; null: 2."
  type        = number
  default     = null
}

variable "domainname" {
  description = "Domain of Scalelite's host, whose name is scalelite<prefix>.<domainname>."
  type        = string
  default     = ""
}

variable "prefix" {
  description = "Prefix in the names of the servers, such as -dev."
  type        = string
  default     = ""
}

variable "scalelite_url_host" {
  description = "Scalelite's URL_HOST, if it is not the name above. Without either, set scalelite.url in autoscaler_config; without all three, no server is ever drained."
  type        = string
  default     = ""
}

variable "autoscaler_grafana_endpoint" {
  description = "URL of Grafana's data source proxy for Prometheus; empty for none."
  type        = string
  default     = ""
}

variable "autoscaler_grafana_token" {
  description = "Bearer token for that URL."
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
