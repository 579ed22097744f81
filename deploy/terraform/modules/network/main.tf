# The public LAN of the servers, and the firewall rules of their NICs. Everything that
# no rule names stays closed.
#
#   module "network" {
#     source             = "../../modules/network"
#     datacenter         = var.datacenter
#     prefix             = var.prefix
#     admin_sources      = var.admin_sources
#     monitoring_sources = var.monitoring_sources
#   }
terraform {
  required_version = ">= 1.4"
  required_providers {
    ionoscloud = {
      source  = "ionos-cloud/ionoscloud"
      version = ">= 6.4, < 7"
    }
  }
}

resource "ionoscloud_lan" "public" {
  datacenter_id = var.datacenter
  name          = "bbb${var.prefix}"
  public        = true
}

locals {
  # source "" is everybody. Ports are the first and the last.
  web = [
    { name = "http", protocol = "TCP", ports = [80, 80], source = "" },
    { name = "https", protocol = "TCP", ports = [443, 443], source = "" },
  ]
  ssh = [for source in var.admin_sources :
    { name = "ssh from ${source}", protocol = "TCP", ports = [22, 22], source = source }
  ]
  exporters = flatten([for source in var.monitoring_sources : [
    { name = "node exporter from ${source}", protocol = "TCP", ports = [9100, 9100], source = source },
    { name = "bbb exporter from ${source}", protocol = "TCP", ports = [9688, 9688], source = source },
  ]])
  scaler = [for source in var.monitoring_sources :
    { name = "bbb-scaler from ${source}", protocol = "TCP", ports = [9745, 9745], source = source }
  ]
  # FreeSWITCH and the media server, and the TURN server that bbb-install sets up if there
  # is no other.
  media = [
    { name = "media", protocol = "UDP", ports = [16384, 32768], source = "" },
    { name = "turn", protocol = "UDP", ports = [3478, 3478], source = "" },
  ]
}
