domainname = "bbb.example.org"
prefix     = ""

# Who reaches ssh, and where Prometheus and Alertmanager are.
admin_sources      = []
monitoring_sources = []

ssh_keys         = ["ssh-ed25519 AAAA replace-me"]
private_key_path = "keys/hpi-pk"

bbb_server_cpu    = 2
bbb_server_memory = 12288

# From sha256sums.txt of the release of node exporter.
node_exporter_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

#
# AUTOSCALER
#
autoscaler_min_active_machines         = 4
autoscaler_waitingtime                 = 300000 # 5min
autoscaler_max_allowed_memory_workload = 0.85
autoscaler_min_allowed_memory_workload = 0.15
autoscaler_max_worker_memory           = 32768
autoscaler_max_worker_cpu              = 24
autoscaler_max_allowed_cpu_workload    = 0.85
autoscaler_min_allowed_cpu_workload    = 0.15
