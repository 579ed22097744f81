# The variables have the names of the existing setup, so that its terraform.tfvars and
# secrets.tfvars work.

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
  description = "UUID of the IONOS datacenter."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.datacenter))
    error_message = "Must be a UUID."
  }
}

variable "domainname" {
  description = "Domain of the servers, whose hosts are bbb<prefix>-<number>.<domainname>."
  type        = string
}

variable "prefix" {
  description = "Prefix in the names of the servers, such as -dev."
  type        = string
  default     = ""
}

variable "bbb_reserved_ips" {
  description = "Reserved IPv4 addresses; each gives a server. New ones belong at the end of the list."
  type        = list(string)
  validation {
    condition     = alltrue([for ip in var.bbb_reserved_ips : can(cidrhost("${ip}/32", 0))]) && length(distinct(var.bbb_reserved_ips)) == length(var.bbb_reserved_ips)
    error_message = "Each must be an IPv4 address, and none may occur twice."
  }
}

variable "bbb_server_count" {
  description = "Number of servers, which have the first of the addresses; null: one for each address."
  type        = number
  default     = null
}

variable "ubuntu" {
  description = "Alias or name of the image of new BigBlueButton servers."
  type        = string
  default     = "ubuntu:22.04"
  validation {
    condition     = !can(regex("(14|16|18|20)[.]04", var.ubuntu))
    error_message = "Must be Ubuntu 22.04 or later, as BigBlueButton 3.0 needs."
  }
}

variable "scalelite_reserved_ips" {
  description = "Reserved IPv4 addresses, of which the first is used."
  type        = list(string)
  validation {
    condition     = length(var.scalelite_reserved_ips) >= 1 && alltrue([for ip in var.scalelite_reserved_ips : can(cidrhost("${ip}/32", 0))])
    error_message = "At least one is needed, and each must be an IPv4 address."
  }
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

variable "ssh_keys" {
  description = "Public ssh keys of root on new servers; empty: that of public_key_path."
  type        = list(string)
  default     = []
}

variable "public_key_path" {
  description = "File with such a key, instead of ssh_keys."
  type        = string
  default     = ""
}

variable "private_key_path" {
  description = "File with the private key of one of ssh_keys, for the module autoscaler."
  type        = string
}

variable "bbb_server_cpu" {
  description = "Number of cores of a new server."
  type        = number
  default     = 2
  validation {
    condition     = var.bbb_server_cpu >= 1 && floor(var.bbb_server_cpu) == var.bbb_server_cpu
    error_message = "Must be a whole number of at least 1."
  }
}

variable "bbb_server_memory" {
  description = "RAM of a new server, in MiB; a multiple of 1024."
  type        = number
  default     = 8192
  validation {
    condition     = var.bbb_server_memory >= 1024 && var.bbb_server_memory % 1024 == 0
    error_message = "Must be a multiple of 1024."
  }
}

variable "scalelite_server_cpu" {
  description = "Number of cores."
  type        = number
  default     = 4
}

variable "scalelite_server_memory" {
  description = "RAM in MiB; a multiple of 1024."
  type        = number
  default     = 8192
}

variable "scalite_secret" {
  description = "Scalelite's SECRET_KEY_BASE: openssl rand -hex 64."
  type        = string
  sensitive   = true
}

variable "scalite_secret_lb" {
  description = "Scalelite's LOADBALANCER_SECRET: openssl rand -hex 32."
  type        = string
  sensitive   = true
}

variable "scalite_pg_pw" {
  description = "Password of Scalelite's database."
  type        = string
  sensitive   = true
}

variable "scalite_pg_ip" {
  description = "Host of another PostgreSQL with the user and the database scalelite; empty: one in docker compose."
  type        = string
  default     = ""
}

variable "scalite_redisurl" {
  description = "URL of another Redis; empty: one in docker compose."
  type        = string
  default     = ""
  sensitive   = true
}

variable "ne_user" {
  description = "User of node exporter."
  type        = string
}

variable "ne_pw" {
  description = "Password of that user."
  type        = string
  sensitive   = true
  validation {
    condition     = length(var.ne_pw) >= 1 && length(var.ne_pw) <= 72
    error_message = "Must have from 1 to 72 characters."
  }
}

variable "node_exporter_sha256" {
  description = "SHA-256 of that archive, from the sha256sums.txt beside it."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.node_exporter_sha256))
    error_message = "Must be 64 hexadecimal digits."
  }
}

variable "turn_server" {
  description = "Host of an external TURN server; empty: each server has its own."
  type        = string
  default     = ""
}

variable "turnServerUrl" {
  description = "Older name of turn_server."
  type        = string
  default     = ""
}

variable "turnServerPw" {
  description = "Secret of the TURN server."
  type        = string
  default     = ""
  sensitive   = true
}

variable "dns_zone_id" {
  description = "Id of a zone of IONOS Cloud DNS that gets a record for each server; empty: none. It needs a token, in the environment variable IONOS_TOKEN."
  type        = string
  default     = ""
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
