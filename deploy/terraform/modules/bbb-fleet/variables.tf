variable "datacenter" {
  description = "UUID of the IONOS datacenter."
  type        = string
}

variable "lan" {
  description = "Number of the public LAN."
  type        = string
}

variable "firewall_rules" {
  description = "Rules of the servers' firewall; source \"\" is everybody."
  type = list(object({
    name     = string
    protocol = string
    ports    = list(number)
    source   = string
  }))
}

variable "reserved_ips" {
  description = "Reserved IPv4 addresses; each gives a server. New ones belong at the end of the list."
  type        = list(string)
  validation {
    condition     = alltrue([for ip in var.reserved_ips : can(cidrhost("${ip}/32", 0))]) && length(distinct(var.reserved_ips)) == length(var.reserved_ips)
    error_message = "Each must be an IPv4 address, and none may occur twice."
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

variable "disk_size" {
  description = "Size of a server's volume, in GB."
  type        = number
  default     = 50
}

variable "image" {
  description = "Alias or name of the image, an Ubuntu that the release of BigBlueButton supports and that has cloud-init and hot-plug."
  type        = string
  default     = "ubuntu:22.04"
}

variable "ssh_keys" {
  description = "Public ssh keys of root on new servers."
  type        = list(string)
}

variable "scalite_secret_lb" {
  description = "Scalelite's LOADBALANCER_SECRET; new servers get it as their own secret."
  type        = string
  sensitive   = true
}

variable "scalelite_host" {
  description = "Host of Scalelite, its URL_HOST."
  type        = string
}

variable "certificate" {
  description = "Certificate of the servers with its chain, in PEM; a wildcard certificate of domainname."
  type        = string
}

variable "certificate_key" {
  description = "Key of that certificate, in PEM."
  type        = string
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

variable "turn_server" {
  description = "Host of an external TURN server; empty: each server has its own."
  type        = string
  default     = ""
}

variable "turnServerPw" {
  description = "Secret of the TURN server."
  type        = string
  default     = ""
  sensitive   = true
  validation {
    # bbb-install cuts it at a colon, and writes it into XML as it is.
    condition     = can(regex("^[^:<>&\"]*$", var.turnServerPw))
    error_message = "Must have none of the characters : < > & and the quotation mark."
  }
}

variable "bbb_release" {
  description = "Release of BigBlueButton, the argument -v of bbb-install."
  type        = string
  default     = "jammy-300"
}

variable "bbb_install" {
  description = "URL of bbb-install.sh."
  type        = string
  default     = "https://raw.githubusercontent.com/bigbluebutton/bbb-install/v3.0.x-release/bbb-install.sh"
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

variable "dns_zone_id" {
  description = "Id of a zone of IONOS Cloud DNS that gets a record for each server; empty: none. It needs a token, in the environment variable IONOS_TOKEN."
  type        = string
  default     = ""
}
