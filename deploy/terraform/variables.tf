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
  description = "Container image of the scaler."
  type        = string
  default     = "bbb-scaler:latest"
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
  description = "RAM of an empty server, in MiB; a multiple of 1024."
  type        = number
  default     = 8192
}

variable "autoscaler_default_worker_cpu" {
  description = "Number of cores of an empty server."
  type        = number
  default     = 2
}

variable "grafana_endpoint" {
  description = "URL of Grafana's data source proxy for Prometheus; empty for none."
  type        = string
  default     = ""
}

variable "grafana_pass" {
  description = "Bearer token for that URL."
  type        = string
  default     = ""
  sensitive   = true
}
