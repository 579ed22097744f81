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
  description = "Container image of the scaler."
  type        = string
  default     = "bbb-scaler:latest"
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
  description = "RAM that an empty server is set back to, in MiB; a multiple of 1024."
  type        = number
  default     = 8192
}

variable "autoscaler_default_worker_cpu" {
  description = "Cores that an empty server is set back to."
  type        = number
  default     = 2
}

variable "grafana_endpoint" {
  description = "Prometheus through Grafana's data source proxy; empty: none."
  type        = string
  default     = ""
}

variable "grafana_pass" {
  description = "Bearer token for it."
  type        = string
  default     = ""
  sensitive   = true
}
