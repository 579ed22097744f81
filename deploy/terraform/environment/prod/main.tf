# Scalelite, the BigBlueButton servers behind it, and the scaler:
#
#   cp secrets.tfvars.example secrets.tfvars     # and fill it in, and terraform.tfvars
#   mkdir --parents files/bbb-files/cert files/scalelite-files/data/cert
#   cp fullchain.pem privkey.pem files/bbb-files/cert/            # a wildcard certificate
#   cp fullchain.pem privkey.pem files/scalelite-files/data/cert/
#   terraform init
#   terraform apply -var-file=secrets.tfvars
#
# The addresses must be reserved at IONOS and have names in DNS: terraform output dns.
terraform {
  required_version = ">= 1.4"
  required_providers {
    ionoscloud = {
      source  = "ionos-cloud/ionoscloud"
      version = ">= 6.4, < 7"
    }
  }
}

provider "ionoscloud" {
  username = var.hpi_ionos_user
  password = var.hpi_ionos_pw
}

locals {
  bbb_certificate       = file("${path.module}/files/bbb-files/cert/fullchain.pem")
  bbb_key               = sensitive(file("${path.module}/files/bbb-files/cert/privkey.pem"))
  scalelite_certificate = file("${path.module}/files/scalelite-files/data/cert/fullchain.pem")
  scalelite_key         = sensitive(file("${path.module}/files/scalelite-files/data/cert/privkey.pem"))

  ssh_keys = length(var.ssh_keys) > 0 ? var.ssh_keys : [trimspace(file(var.public_key_path))]
  bbb_ips  = var.bbb_server_count == null ? var.bbb_reserved_ips : slice(var.bbb_reserved_ips, 0, var.bbb_server_count)
}

module "network" {
  source             = "../../modules/network"
  datacenter         = var.datacenter
  prefix             = var.prefix
  admin_sources      = var.admin_sources
  monitoring_sources = var.monitoring_sources
}

module "scalelite" {
  source                  = "../../modules/scalelite"
  datacenter              = var.datacenter
  lan                     = module.network.lan
  firewall_rules          = module.network.scalelite_rules
  reserved_ips            = var.scalelite_reserved_ips
  domainname              = var.domainname
  prefix                  = var.prefix
  ssh_keys                = local.ssh_keys
  scalelite_server_cpu    = var.scalelite_server_cpu
  scalelite_server_memory = var.scalelite_server_memory
  scalite_secret          = var.scalite_secret
  scalite_secret_lb       = var.scalite_secret_lb
  scalite_pg_pw           = var.scalite_pg_pw
  scalite_pg_ip           = var.scalite_pg_ip
  scalite_redisurl        = var.scalite_redisurl
  certificate             = local.scalelite_certificate
  certificate_key         = local.scalelite_key
  ne_user                 = var.ne_user
  ne_pw                   = var.ne_pw
  node_exporter_sha256    = var.node_exporter_sha256
  dns_zone_id             = var.dns_zone_id
}

module "bbb_fleet" {
  source               = "../../modules/bbb-fleet"
  datacenter           = var.datacenter
  lan                  = module.network.lan
  firewall_rules       = module.network.bbb_rules
  reserved_ips         = local.bbb_ips
  domainname           = var.domainname
  prefix               = var.prefix
  bbb_server_cpu       = var.bbb_server_cpu
  bbb_server_memory    = var.bbb_server_memory
  ssh_keys             = local.ssh_keys
  image                = var.ubuntu
  scalite_secret_lb    = var.scalite_secret_lb
  scalelite_host       = module.scalelite.url_host
  certificate          = local.bbb_certificate
  certificate_key      = local.bbb_key
  ne_user              = var.ne_user
  ne_pw                = var.ne_pw
  node_exporter_sha256 = var.node_exporter_sha256
  turn_server          = var.turn_server == "" ? var.turnServerUrl : var.turn_server
  turnServerPw         = var.turnServerPw
  dns_zone_id          = var.dns_zone_id
}

module "autoscaler" {
  source             = "../../modules/autoscaler"
  depends_on         = [module.scalelite]
  scalelite_host     = var.scalelite_reserved_ips[0]
  scalelite_url_host = module.scalelite.url_host
  ssh_private_key    = file(var.private_key_path)
  autoscaler_config  = file("${path.module}/files/bbb-scaler.yml")

  # For an Alertmanager elsewhere: a copy of deploy/web.yml in files/ gives the port TLS,
  # with Scalelite's certificate, and a login.
  autoscaler_listen     = var.autoscaler_listen
  autoscaler_web_config = fileexists("${path.module}/files/web.yml") ? file("${path.module}/files/web.yml") : ""
  autoscaler_web_cert   = local.scalelite_certificate
  autoscaler_web_key    = local.scalelite_key

  hpi_ionos_user    = var.hpi_ionos_user
  hpi_ionos_pw      = var.hpi_ionos_pw
  datacenter        = var.datacenter
  scalite_secret_lb = var.scalite_secret_lb
  domainname        = var.domainname
  prefix            = var.prefix
  bbb_server_cpu    = var.bbb_server_cpu
  bbb_server_memory = var.bbb_server_memory

  autoscaler_image                       = var.autoscaler_image
  autoscaler_min_active_machines         = var.autoscaler_min_active_machines
  autoscaler_waitingtime                 = var.autoscaler_waitingtime
  autoscaler_max_allowed_memory_workload = var.autoscaler_max_allowed_memory_workload
  autoscaler_min_allowed_memory_workload = var.autoscaler_min_allowed_memory_workload
  autoscaler_max_allowed_cpu_workload    = var.autoscaler_max_allowed_cpu_workload
  autoscaler_min_allowed_cpu_workload    = var.autoscaler_min_allowed_cpu_workload
  autoscaler_max_worker_memory           = var.autoscaler_max_worker_memory
  autoscaler_max_worker_cpu              = var.autoscaler_max_worker_cpu
  autoscaler_default_worker_memory       = var.autoscaler_default_worker_memory
  autoscaler_default_worker_cpu          = var.autoscaler_default_worker_cpu
  autoscaler_grafana_endpoint            = var.autoscaler_grafana_endpoint
  autoscaler_grafana_token               = var.autoscaler_grafana_token
}

output "dns" {
  description = "Names that DNS must have, with their addresses."
  value       = merge(module.scalelite.addresses, module.bbb_fleet.addresses)
}

output "webhook_url" {
  description = "URL of the scaler's webhook for Alertmanager."
  value       = module.autoscaler.webhook_url
}
