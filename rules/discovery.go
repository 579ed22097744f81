package rules

// Discovery says how Prometheus reaches the exporters on the servers, and which
// labels their targets get. The generator of rules reads it from the configuration;
// the daemon serves the targets.
type Discovery struct {
	Fleet string // name of the fleet
	Node  Exporter
	BBB   *Exporter // nil: the servers have no bbb-exporter
	// LabelServerID and LabelFleet are the names of the labels with the server's IONOS id
	// and with Fleet.
	LabelServerID, LabelFleet string
}

// Exporter is where one kind of exporter listens on every server.
type Exporter struct {
	Scheme string // http or https
	Port   int    // 0: the default port of the scheme
	Path   string // such as /metrics
}
