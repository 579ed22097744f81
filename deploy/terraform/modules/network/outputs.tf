output "lan" {
  description = "Number of the public LAN."
  value       = ionoscloud_lan.public.id
}

output "bbb_rules" {
  description = "Firewall rules of a BigBlueButton server."
  value       = concat(local.web, local.media, local.ssh, local.exporters)
}

output "scalelite_rules" {
  description = "Firewall rules of Scalelite's server."
  value       = concat(local.web, local.ssh, local.exporters, local.scaler)
}
