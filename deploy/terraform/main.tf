# Installs the scaler on the host of Scalelite, with docker compose:
#
#   module "autoscaler" {
#     source            = "./modules/autoscaler"
#     scalelite_host    = var.scalelite_reserved_ips[0]
#     ssh_private_key   = file("keys/hpi-pk")
#     autoscaler_config = file("files/bbb-scaler.yml")
#     # hpi_ionos_user, …, autoscaler_*: passed on from the tfvars files
#   }
terraform {
  required_version = ">= 1.4"
}

locals {
  directory = "/opt/bbb-scaler"

  # Variables of docker-compose.yml.
  environment = {
    IONOS_USER                  = var.hpi_ionos_user
    IONOS_PW                    = var.hpi_ionos_pw
    DATACENTER                  = var.datacenter
    LOADBALANCER_SECRET         = var.scalite_secret_lb
    MINIMUM_ACTIVE_MACHINES     = var.autoscaler_min_active_machines
    WAITINGTIME                 = var.autoscaler_waitingtime
    MAX_ALLOWED_MEMORY_WORKLOAD = var.autoscaler_max_allowed_memory_workload
    MIN_ALLOWED_MEMORY_WORKLOAD = var.autoscaler_min_allowed_memory_workload
    MAX_ALLOWED_CPU_WORKLOAD    = var.autoscaler_max_allowed_cpu_workload
    MIN_ALLOWED_CPU_WORKLOAD    = var.autoscaler_min_allowed_cpu_workload
    MAX_WORKER_MEMORY           = var.autoscaler_max_worker_memory
    MAX_WORKER_CPU              = var.autoscaler_max_worker_cpu
    DEFAULT_WORKER_MEMORY       = var.autoscaler_default_worker_memory
    DEFAULT_WORKER_CPU          = var.autoscaler_default_worker_cpu
    GRAFANA_ENDPOINT            = var.grafana_endpoint
    GRAFANA_PASS                = var.grafana_pass
    AUTOSCALER_IMAGE            = var.autoscaler_image
  }
  dotenv = join("", [for name, value in local.environment : "${name}='${replace(value, "'", "\\'")}'\n"])
}

resource "terraform_data" "autoscaler" {
  triggers_replace = [
    sha256(local.dotenv),
    sha256(var.autoscaler_config),
    filesha256("${path.module}/../docker-compose.yml"),
  ]

  connection {
    host        = var.scalelite_host
    user        = var.ssh_user
    private_key = var.ssh_private_key
  }

  provisioner "remote-exec" {
    inline = ["install -d -m 750 ${local.directory}"]
  }
  provisioner "file" {
    source      = "${path.module}/../docker-compose.yml"
    destination = "${local.directory}/docker-compose.yml"
  }
  provisioner "file" {
    content     = var.autoscaler_config
    destination = "${local.directory}/bbb-scaler.yml"
  }
  provisioner "file" {
    content     = local.dotenv
    destination = "${local.directory}/.env"
  }
  provisioner "remote-exec" {
    inline = [
      "chmod 600 ${local.directory}/.env",
      "chmod 644 ${local.directory}/bbb-scaler.yml",
      "docker compose --project-directory ${local.directory} up --detach --no-build",
    ]
  }
}

output "webhook_url" {
  description = "URL of the webhook for Alertmanager. By default, only Scalelite's host itself can reach the port."
  value       = "http://${var.scalelite_host}:9745/webhook"
}
