package rules

// Labels that the scaler reads. instance and alertname are Prometheus's own.
const (
	LabelAlert    = "alertname"
	LabelInstance = "instance"  // host:port of the exporter; only the host part counts
	LabelServerID = "server_id" // IONOS id, when the targets carry it; takes precedence over instance
	LabelFleet    = "fleet"     // name of the fleet, so that several fleets can share one Prometheus
	// LabelPool is the tag that the servers have in the balancer; series and alerts
	// about servers without a tag do not carry it.
	LabelPool = "pool"
)

// LabelDigest is the label of the recorded series RecordRules and of the metric
// MetricRules that identifies the generated rules.
const LabelDigest = "digest"

// LabelScaler marks the alerts that Alertmanager routes to the scaler; its
// value is RouteScaler. Alerts for people do not carry it.
const (
	LabelScaler = "scaler"
	RouteScaler = "bbb"
)

// Annotations that the scaler reads. Values travel here and never in labels,
// where they would change the alert's fingerprint. All are plain decimal
// numbers. Workloads are ratios from 0 to 1, and may exceed 1 where a trend is
// extrapolated. Fleet alerts on the forecast, on the trend and for scale-in carry
// the expected workloads and loads, which are never below the present ones; the
// other alerts carry the present ones.
const (
	AnnotationValue     = "value"     // the number that the alert compares with its threshold
	AnnotationThreshold = "threshold" // the threshold
	AnnotationCPU       = "cpu"       // fleet alerts on workloads: the fleet's CPU workload
	AnnotationMemory    = "memory"    // fleet alerts on workloads: the fleet's memory workload, of the memory for people
	AnnotationCores     = "cores"     // fleet alerts on workloads: the load in cores, the sum over all active servers
	AnnotationRAM       = "ram_mib"   // fleet alerts on workloads: the memory that people use in MiB, the sum over all active servers
	AnnotationIdle      = "idle_mib"  // fleet alerts on workloads: the idle memory in MiB of an average active server, which is in no load
)
