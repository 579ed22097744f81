# The BigBlueButton servers, one for each reserved address. cloud-init installs
# BigBlueButton, node exporter and bigbluebutton-exporter, and registers the server in
# Scalelite, where it starts disabled: the scaler takes it into service. A server is set up
# once; a changed setting takes effect on servers that are created afterwards.
#
#   module "bbb_fleet" {
#     source            = "../../modules/bbb-fleet"
#     datacenter        = var.datacenter
#     lan               = module.network.lan
#     firewall_rules    = module.network.bbb_rules
#     reserved_ips      = var.bbb_reserved_ips
#     domainname        = var.domainname
#     prefix            = var.prefix
#     ssh_keys          = var.ssh_keys
#     scalite_secret_lb = var.scalite_secret_lb
#     scalelite_host    = module.scalelite.url_host
#     certificate       = file("files/bbb-files/cert/fullchain.pem")
#     certificate_key   = file("files/bbb-files/cert/privkey.pem")
#     ne_user           = var.ne_user
#     ne_pw             = var.ne_pw
#     turn_server       = var.turn_server
#     turnServerPw      = var.turnServerPw
#
#     node_exporter_sha256 = var.node_exporter_sha256
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

locals {
  # By number and not by address, so that a reserved address can be replaced.
  servers = { for i, ip in var.reserved_ips : tostring(i + 1) => {
    name = "bbb${var.prefix}-server${i + 1}"
    host = "bbb${var.prefix}-${i + 1}.${var.domainname}"
    ip   = ip
    zone = ["ZONE_1", "ZONE_2"][i % 2]
  } }
}

resource "ionoscloud_server" "bbb" {
  for_each          = local.servers
  datacenter_id     = var.datacenter
  name              = each.value.name
  type              = "ENTERPRISE"
  cores             = var.bbb_server_cpu
  ram               = var.bbb_server_memory
  availability_zone = each.value.zone
  image_name        = var.image
  ssh_keys          = var.ssh_keys

  volume {
    name      = "root"
    size      = var.disk_size
    disk_type = "SSD Standard"
    bus       = "VIRTIO"
    user_data = base64encode(templatefile("${path.module}/cloud-init.yml.tftpl", {
      host            = each.value.host
      certificate     = var.certificate
      certificate_key = var.certificate_key
      web_config = templatefile("${path.module}/web.yml.tftpl", {
        user = var.ne_user
        hash = bcrypt(var.ne_pw)
      })
      setup = templatefile("${path.module}/setup.sh.tftpl", {
        bbb_release = var.bbb_release
        bbb_install = var.bbb_install
      })
      node_exporter_setup = templatefile("${path.module}/node-exporter.sh.tftpl", {
        node_exporter        = var.node_exporter
        node_exporter_sha256 = var.node_exporter_sha256
      })
      register           = file("${path.module}/register.sh")
      node_exporter_unit = file("${path.module}/node-exporter.service")
      bbb_exporter_unit  = file("${path.module}/bbb-exporter.service")
      bbb_exporter_nginx = file("${path.module}/bbb-exporter.conf")
      bbb_exporter_env   = "API_BASE_URL=https://${each.value.host}/bigbluebutton/api/\nAPI_SECRET=${var.scalite_secret_lb}\n"
      bbb_exporter_login = "${var.ne_user}:${bcrypt(var.ne_pw)}\n"
      settings = jsonencode({
        host      = each.value.host
        scalelite = var.scalelite_host
        secret    = var.scalite_secret_lb
        turn      = var.turn_server == "" ? "" : "${var.turn_server}:${var.turnServerPw}"
      })
    }))
  }

  nic {
    lan             = var.lan
    name            = "public"
    dhcp            = true
    ips             = [each.value.ip]
    firewall_active = true
    dynamic "firewall" {
      for_each = var.firewall_rules
      content {
        name             = firewall.value.name
        type             = "INGRESS" # the default, without which the provider does not find the rule again
        protocol         = firewall.value.protocol
        port_range_start = firewall.value.ports[0]
        port_range_end   = firewall.value.ports[1]
        source_ip        = firewall.value.source == "" ? null : firewall.value.source
      }
    }
  }

  lifecycle {
    # The scaler changes the size and the power state. A server is set up by cloud-init
    # once, and a new image or a new certificate must not replace it.
    ignore_changes = [cores, ram, vm_state, image_name, ssh_keys, volume[0].user_data]
    postcondition {
      condition     = self.volume[0].cpu_hot_plug && self.volume[0].ram_hot_plug
      error_message = "The image does not allow hot-plug of cores and RAM: the scaler could not grow ${each.value.name} while it runs."
    }
  }
}

resource "ionoscloud_dns_record" "bbb" {
  for_each = { for number, server in local.servers : number => server if var.dns_zone_id != "" }
  zone_id  = var.dns_zone_id
  name     = "bbb${var.prefix}-${each.key}"
  type     = "A"
  content  = each.value.ip
  ttl      = 300
}

output "addresses" {
  description = "Address of each server by its host, for DNS."
  value       = { for server in local.servers : server.host => server.ip }
}
