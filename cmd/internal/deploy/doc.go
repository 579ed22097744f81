// Package deploy holds the tests of the files in the folder deploy and of the
// Dockerfile: that they parse, fit together, and name only variables, flags
// and metrics that exist.
package deploy

//go:generate cp ../../../deploy/docker-compose.yml ../../../deploy/terraform/modules/autoscaler/docker-compose.yml
//go:generate cp ../../../deploy/compose/docker-compose.yml ../../../deploy/terraform/modules/scalelite/docker-compose.yml
//go:generate cp ../../../deploy/exporters/node-exporter.service ../../../deploy/terraform/modules/bbb-fleet/node-exporter.service
//go:generate cp ../../../deploy/exporters/node-exporter.service ../../../deploy/terraform/modules/bbb-fleet/node-exporter.sh.tftpl ../../../deploy/terraform/modules/bbb-fleet/web.yml.tftpl ../../../deploy/terraform/modules/scalelite/
//go:generate cp ../../../deploy/exporters/bbb-exporter.service ../../../deploy/exporters/bbb-exporter.conf ../../../deploy/terraform/modules/bbb-fleet/
//go:generate cp ../../../deploy/grafana/bbb-scaler.json ../../../deploy/compose/monitoring/bbb-scaler.json
//go:generate go run ../../genrules --config.file ../../../deploy/compose/config/bbb-scaler.yml --format rules --output ../../../deploy/compose/monitoring/bbb-rules.yml
//go:generate go run ../../genrules --config.file ../../../deploy/compose/config/bbb-scaler.yml --format alertmanager --output ../../../deploy/compose/monitoring/alertmanager.yml
//go:generate go run ../../genrules --config.file ../../../deploy/kubernetes/overlays/dev/bbb-scaler.yml --format operator --output ../../../deploy/kubernetes/overlays/dev/generated/operator.yaml
//go:generate go run ../../genrules --config.file ../../../deploy/kubernetes/overlays/dev/bbb-scaler.yml --format servicemonitor --output ../../../deploy/kubernetes/overlays/dev/generated/servicemonitor.yaml
//go:generate go run ../../genrules --config.file ../../../deploy/kubernetes/overlays/dev/bbb-scaler.yml --format alertmanagerconfig --output ../../../deploy/kubernetes/overlays/dev/generated/alertmanagerconfig.yaml
//go:generate go run ../../genrules --config.file ../../../deploy/kubernetes/overlays/prod/bbb-scaler.yml --format operator --output ../../../deploy/kubernetes/overlays/prod/generated/operator.yaml
//go:generate go run ../../genrules --config.file ../../../deploy/kubernetes/overlays/prod/bbb-scaler.yml --format servicemonitor --output ../../../deploy/kubernetes/overlays/prod/generated/servicemonitor.yaml
//go:generate go run ../../genrules --config.file ../../../deploy/kubernetes/overlays/prod/bbb-scaler.yml --format alertmanagerconfig --output ../../../deploy/kubernetes/overlays/prod/generated/alertmanagerconfig.yaml
