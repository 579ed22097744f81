variable "datacenter" {
  description = "UUID of the IONOS datacenter."
  type        = string
}

variable "lan" {
  description = "Number of the public LAN."
  type        = string
}

variable "firewall_rules" {
  description = "Rules of the server's firewall; source \"\" is everybody."
  type = list(object({
    name     = string
    protocol = string
    ports    = list(number)
    source   = string
  }))
}

variable "reserved_ips" {
  description = "Reserved IPv4 addresses, of which the first is used."
  type        = list(string)
  validation {
    condition     = length(var.reserved_ips) >= 1 && alltrue([for ip in var.reserved_ips : can(cidrhost("${ip}/32", 0))])
    error_message = "At least one is needed, and each must be an IPv4 address."
  }
}

variable "domainname" {
  description = "Domain of the server, whose host is scalelite<prefix>.<domainname>."
  type        = string
}

variable "prefix" {
  description = "Prefix in the names of the servers, such as -dev."
  type        = string
  default     = ""
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

variable "disk_size" {
  description = "Size of the volume, in GB. It holds the recordings."
  type        = number
  default     = 200
}

variable "image" {
  description = "Alias or name of the image, an Ubuntu of 24.04 or later with cloud-init."
  type        = string
  default     = "ubuntu:24.04"
}

variable "ssh_keys" {
  description = "Public ssh keys of root."
  type        = list(string)
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

variable "certificate" {
  description = "Certificate of the server with its chain, in PEM."
  type        = string
}

variable "certificate_key" {
  description = "Key of that certificate, in PEM."
  type        = string
  sensitive   = true
}

variable "dns_zone_id" {
  description = "Id of a zone of IONOS Cloud DNS that gets a record for the server; empty: none. It needs a token, in the environment variable IONOS_TOKEN."
  type        = string
  default     = ""
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

variable "node_exporter" {
  description = "URL of the archive with node exporter."
  type        = string
  default     = "https://github.com/prometheus/node_exporter/releases/download/v1.9.1/node_exporter-1.9.1.linux-amd64.tar.gz"
}

variable "node_exporter_sha256" {
  description = "SHA-256 of that archive, from the sha256sums.txt beside it."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.node_exporter_sha256))
    error_message = "Must be 64 hexadecimal digits."
  }
}
