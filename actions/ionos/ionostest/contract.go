package ionostest

import "net/http"

type contractProperties struct {
	ContractNumber int64          `json:"contractNumber"`
	Owner          string         `json:"owner"`
	Status         string         `json:"status"`
	RegDomain      string         `json:"regDomain"`
	ResourceLimits resourceLimits `json:"resourceLimits"`
}

// resourceLimits has all limits that the API's answer must have. Cores and RAM (in MiB)
// are those of the sim.World. All others are made up; volumes are in MB.
type resourceLimits struct {
	CoresPerServer            int   `json:"coresPerServer"`
	CoresPerContract          int   `json:"coresPerContract"`
	CoresProvisioned          int   `json:"coresProvisioned"`
	RAMPerServer              int   `json:"ramPerServer"`
	RAMPerContract            int   `json:"ramPerContract"`
	RAMProvisioned            int   `json:"ramProvisioned"`
	HDDLimitPerVolume         int64 `json:"hddLimitPerVolume"`
	HDDLimitPerContract       int64 `json:"hddLimitPerContract"`
	HDDVolumeProvisioned      int64 `json:"hddVolumeProvisioned"`
	SSDLimitPerVolume         int64 `json:"ssdLimitPerVolume"`
	SSDLimitPerContract       int64 `json:"ssdLimitPerContract"`
	SSDVolumeProvisioned      int64 `json:"ssdVolumeProvisioned"`
	DASVolumeProvisioned      int64 `json:"dasVolumeProvisioned"`
	ReservableIPs             int   `json:"reservableIps"`
	ReservedIPsOnContract     int   `json:"reservedIpsOnContract"`
	ReservedIPsInUse          int   `json:"reservedIpsInUse"`
	K8sClusterLimitTotal      int   `json:"k8sClusterLimitTotal"`
	K8sClustersProvisioned    int   `json:"k8sClustersProvisioned"`
	NLBLimitTotal             int   `json:"nlbLimitTotal"`
	NLBProvisioned            int   `json:"nlbProvisioned"`
	NATGatewayLimitTotal      int   `json:"natGatewayLimitTotal"`
	NATGatewayProvisioned     int   `json:"natGatewayProvisioned"`
	SecurityGroupsPerVDC      int   `json:"securityGroupsPerVdc"`
	SecurityGroupsPerResource int   `json:"securityGroupsPerResource"`
	RulesPerSecurityGroup     int   `json:"rulesPerSecurityGroup"`
}

func (a *api) contracts(r *http.Request) (any, error) {
	per, limit, used, err := a.World.CloudContract()
	if err != nil {
		return nil, err
	}
	return a.listContract(r, resourceLimits{
		CoresPerServer: int(per.Cores), CoresPerContract: int(limit.Cores), CoresProvisioned: int(used.Cores),
		RAMPerServer: int(per.RAM), RAMPerContract: int(limit.RAM), RAMProvisioned: int(used.RAM),
	})
}

// listContract answers with the limits of cores and RAM, and made-up ones of the rest.
func (a *api) listContract(r *http.Request, limits resourceLimits) (any, error) {
	const volume, all = 4 << 20, 1 << 30 // MB
	limits.HDDLimitPerVolume, limits.HDDLimitPerContract, limits.SSDLimitPerVolume, limits.SSDLimitPerContract = volume, all, volume, all
	limits.ReservableIPs, limits.K8sClusterLimitTotal, limits.NLBLimitTotal, limits.NATGatewayLimitTotal = 1000, 10, 5, 5
	limits.SecurityGroupsPerVDC, limits.SecurityGroupsPerResource, limits.RulesPerSecurityGroup = 100, 10, 100
	contract := func(int) resource {
		return resource{Type: "contract", Properties: contractProperties{a.Contract, "owner@example.org", "BILLABLE", "ionos.de", limits}}
	}
	return a.list(r, "contracts", self(r, "/contracts"), []item{contract})
}
