# Installs the scaler on the host of Scalelite, with docker compose, and applies changed
# settings. Build the image, and load it on the host, or push it to a registry and name
# it in autoscaler_image:
#
#   make image
#   docker save bbb-scaler:0.1.0 | ssh root@SCALELITE docker load
#
#   module "autoscaler" {
#     source            = "../../modules/autoscaler"
#     scalelite_host    = var.scalelite_reserved_ips[0]
#     ssh_private_key   = file(var.private_key_path)
#     autoscaler_config = file("files/bbb-scaler.yml")
#
#     # Passed on from the tfvars files, under the same names:
#     hpi_ionos_user    = var.hpi_ionos_user
#     hpi_ionos_pw      = var.hpi_ionos_pw
#     datacenter        = var.datacenter
#     scalite_secret_lb = var.scalite_secret_lb
#     domainname        = var.domainname
#     prefix            = var.prefix
#     bbb_server_cpu    = var.bbb_server_cpu
#     bbb_server_memory = var.bbb_server_memory
#     # and each autoscaler_* that you have
#   }
terraform {
  required_version = ">= 1.4"
}

locals {
  directory = "/opt/bbb-scaler"

  # Scalelite's URL_HOST, as the setup of that host writes it.
  url_host = var.scalelite_url_host != "" ? var.scalelite_url_host : (
    var.domainname != "" ? "scalelite${var.prefix}.${var.domainname}" : ""
  )

  # Variables of docker-compose.yml.
  environment = {
    IONOS_USER                  = var.hpi_ionos_user
    IONOS_PW                    = var.hpi_ionos_pw
    DATACENTER                  = var.datacenter
    LOADBALANCER_SECRET         = var.scalite_secret_lb
    URL_HOST                    = local.url_host
    MINIMUM_ACTIVE_MACHINES     = var.autoscaler_min_active_machines
    WAITINGTIME                 = var.autoscaler_waitingtime
    MAX_ALLOWED_MEMORY_WORKLOAD = var.autoscaler_max_allowed_memory_workload
    MIN_ALLOWED_MEMORY_WORKLOAD = var.autoscaler_min_allowed_memory_workload
    MAX_ALLOWED_CPU_WORKLOAD    = var.autoscaler_max_allowed_cpu_workload
    MIN_ALLOWED_CPU_WORKLOAD    = var.autoscaler_min_allowed_cpu_workload
    MAX_WORKER_MEMORY           = var.autoscaler_max_worker_memory
    MAX_WORKER_CPU              = var.autoscaler_max_worker_cpu
    # The size that the servers were made with, unless another one is wanted.
    DEFAULT_WORKER_MEMORY = coalesce(var.autoscaler_default_worker_memory, var.bbb_server_memory, 8192)
    DEFAULT_WORKER_CPU    = coalesce(var.autoscaler_default_worker_cpu, var.bbb_server_cpu, 2)
    GRAFANA_ENDPOINT      = var.autoscaler_grafana_endpoint
    GRAFANA_PASS          = var.autoscaler_grafana_token
    AUTOSCALER_IMAGE      = var.autoscaler_image
    AUTOSCALER_LISTEN     = var.autoscaler_listen
    AUTOSCALER_WEB_CONFIG = var.autoscaler_web_config == "" ? "" : "/etc/bbb-scaler/web.yml"
  }
  # In double quotes every character can be escaped, in single quotes a backslash
  # at the end cannot.
  dotenv = join("", [for name, value in local.environment :
    "${name}=\"${replace(replace(replace(value, "\\", "\\\\"), "\"", "\\\""), "$", "\\$")}\"\n"
  ])
}

resource "terraform_data" "autoscaler" {
  triggers_replace = [
    sha256(local.dotenv),
    sha256(var.autoscaler_config),
    sha256(join("\n", [var.autoscaler_web_config, var.autoscaler_web_cert, var.autoscaler_web_key])),
    filesha256("${path.module}/docker-compose.yml"),
  ]

  connection {
    host        = var.scalelite_host
    user        = var.ssh_user
    private_key = var.ssh_private_key
  }

  # Nobody else on the node may enter the directory; the container's user reads
  # what is in config.
  provisioner "remote-exec" {
    inline = [
      "set -e",
      # A new server installs docker first.
      "if command -v cloud-init >/dev/null; then cloud-init status --wait >/dev/null || true; fi",
      "install -d -m 700 ${local.directory}",
      "install -d -m 755 ${local.directory}/config",
    ]
  }
  provisioner "file" {
    source      = "${path.module}/docker-compose.yml"
    destination = "${local.directory}/docker-compose.yml"
  }
  provisioner "file" {
    content     = local.dotenv
    destination = "${local.directory}/.env"
  }
  provisioner "file" {
    content     = var.autoscaler_config
    destination = "${local.directory}/config/bbb-scaler.yml"
  }
  provisioner "file" {
    content     = var.autoscaler_web_config
    destination = "${local.directory}/config/web.yml"
  }
  provisioner "file" {
    content     = var.autoscaler_web_cert
    destination = "${local.directory}/config/cert.pem"
  }
  provisioner "file" {
    content     = var.autoscaler_web_key
    destination = "${local.directory}/config/key.pem"
  }
  # A changed bbb-scaler.yml needs no new container: the daemon reads it again.
  provisioner "remote-exec" {
    inline = [
      "set -e",
      "chmod 600 ${local.directory}/.env",
      "chmod 644 ${local.directory}/config/*",
      "docker compose --project-directory ${local.directory} up --detach --no-build",
    ]
  }
}

output "webhook_url" {
  description = "URL of the webhook for Alertmanager. By default, only Scalelite's host itself can reach the port (autoscaler_listen)."
  value       = "${nonsensitive(var.autoscaler_web_config == "") ? "http" : "https"}://${var.scalelite_host}:9745/webhook"
}
