# Scalelite's server, with Scalelite, Redis and PostgreSQL in docker compose, and with node
# exporter. cloud-init sets it up once; the module autoscaler adds the scaler, and applies its changed
# settings.
#
#   module "scalelite" {
#     source            = "../../modules/scalelite"
#     datacenter        = var.datacenter
#     lan               = module.network.lan
#     firewall_rules    = module.network.scalelite_rules
#     reserved_ips      = var.scalelite_reserved_ips
#     domainname        = var.domainname
#     prefix            = var.prefix
#     ssh_keys          = var.ssh_keys
#     scalite_secret    = var.scalite_secret
#     scalite_secret_lb = var.scalite_secret_lb
#     scalite_pg_pw     = var.scalite_pg_pw
#     scalite_redisurl  = var.scalite_redisurl
#     certificate       = file("files/scalelite-files/data/cert/fullchain.pem")
#     certificate_key   = file("files/scalelite-files/data/cert/privkey.pem")
#     ne_user           = var.ne_user
#     ne_pw             = var.ne_pw
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
  name     = "scalelite${var.prefix}"
  url_host = "${local.name}.${var.domainname}"

  environment = {
    URL_HOST            = local.url_host
    SECRET_KEY_BASE     = var.scalite_secret
    LOADBALANCER_SECRET = var.scalite_secret_lb
    POSTGRES_PASSWORD   = var.scalite_pg_pw
    DATABASE_URL        = var.scalite_pg_ip == "" ? "" : "postgresql://scalelite@${var.scalite_pg_ip}/scalelite"
    REDIS_URL           = var.scalite_redisurl
  }
  # In double quotes every character can be escaped, in single quotes a backslash
  # at the end cannot.
  dotenv = join("", [for name, value in local.environment :
    "${name}=\"${replace(replace(replace(value, "\\", "\\\\"), "\"", "\\\""), "$", "\\$")}\"\n"
  ])
}

resource "ionoscloud_server" "scalelite" {
  datacenter_id     = var.datacenter
  name              = local.name
  type              = "ENTERPRISE"
  cores             = var.scalelite_server_cpu
  ram               = var.scalelite_server_memory
  availability_zone = "AUTO"
  image_name        = var.image
  ssh_keys          = var.ssh_keys

  volume {
    name      = "root"
    size      = var.disk_size
    disk_type = "SSD Standard"
    bus       = "VIRTIO"
    user_data = base64encode(templatefile("${path.module}/cloud-init.yml.tftpl", {
      host            = local.url_host
      compose         = file("${path.module}/docker-compose.yml")
      dotenv          = local.dotenv
      certificate     = var.certificate
      certificate_key = var.certificate_key
      web_config = templatefile("${path.module}/web.yml.tftpl", {
        user = var.ne_user
        hash = bcrypt(var.ne_pw)
      })
      node_exporter_unit = file("${path.module}/node-exporter.service")
      node_exporter_setup = templatefile("${path.module}/node-exporter.sh.tftpl", {
        node_exporter        = var.node_exporter
        node_exporter_sha256 = var.node_exporter_sha256
      })
    }))
  }

  nic {
    lan             = var.lan
    name            = "public"
    dhcp            = true
    ips             = [var.reserved_ips[0]]
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
    # A server is set up by cloud-init once; a new image or certificate must not replace
    # it, since its volume holds the database.
    ignore_changes = [image_name, ssh_keys, volume[0].user_data]
  }
}

resource "ionoscloud_dns_record" "scalelite" {
  count   = var.dns_zone_id == "" ? 0 : 1
  zone_id = var.dns_zone_id
  name    = local.name
  type    = "A"
  content = var.reserved_ips[0]
  ttl     = 300
}

output "url_host" {
  description = "Scalelite's host."
  value       = local.url_host
}

output "addresses" {
  description = "Address of the server by its host, for DNS."
  value       = { (local.url_host) = var.reserved_ips[0] }
}

output "server_id" {
  description = "IONOS id of the server, for what must wait until it exists."
  value       = ionoscloud_server.scalelite.id
}
