package ionos

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	sdk "github.com/ionos-cloud/sdk-go/v6"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// value returns what p points to, or the zero value for nil. Every field of the SDK's
// types is a pointer that may be nil.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// serversOf returns the servers of a page.
func serversOf(list sdk.Servers) []fleet.CloudServer {
	items := value(list.Items)
	servers := make([]fleet.CloudServer, 0, len(items))
	for _, item := range items {
		servers = append(servers, serverOf(item))
	}
	return servers
}

// more reports whether another page may follow: if the answer links to one, or if this
// page is full.
func more(list sdk.Servers, page int) bool {
	if value(list.Links).Next != nil {
		return true
	}
	if limit := int(value(list.Limit)); limit > 0 {
		page = min(page, limit)
	}
	return len(value(list.Items)) >= page
}

// serverOf returns a server without its datacenter, which the SDK's type does not hold.
func serverOf(s sdk.Server) fleet.CloudServer {
	p, entities := value(s.Properties), value(s.Entities)
	return fleet.CloudServer{
		ServerRef: fleet.ServerRef{ID: value(s.Id), Template: templateOf(p)},
		Name:      value(p.Name),
		Size:      fleet.Size{Cores: fleet.Cores(value(p.Cores)), RAM: fleet.MiB(value(p.Ram))},
		Power:     powerOf(p),
		Busy:      busy(value(s.Metadata)),
		Addrs:     addrsOf(value(value(entities.Nics).Items)),
		HotPlug:   hotPlugOf(value(p.BootVolume), value(value(entities.Volumes).Items)),
	}
}

// powerOf returns the power from vmState. A server that is sized by a template is off
// when it is SUSPENDED, all others when they are SHUTOFF (IONOS API documentation).
func powerOf(p sdk.ServerProperties) fleet.Power {
	switch state := value(p.VmState); {
	case state == "RUNNING":
		return fleet.PowerOn
	case state == "SHUTOFF", state == "SUSPENDED" && templateOf(p) != "":
		return fleet.PowerOff
	}
	return fleet.PowerOther
}

// busy reports whether a change is pending. A missing or unknown state counts as
// pending, so that no step queues behind a change.
func busy(m sdk.DatacenterElementMetadata) bool {
	return !slices.Contains([]string{"AVAILABLE", "INACTIVE"}, value(m.State))
}

// typeCube is the type of servers that IONOS refuses to start and to stop.
const typeCube = "CUBE"

// templateOf returns the type of a server whose size a template sets, or "".
func templateOf(p sdk.ServerProperties) string {
	kind := value(p.Type)
	switch {
	case kind == "ENTERPRISE" || kind == "VCPU":
		return ""
	case kind == typeCube || kind == "GPU" || value(p.TemplateUuid) != "":
		return cmp.Or(kind, "template")
	}
	return ""
}

// addrsOf returns all addresses, those of NICs named "public" first. Operators of
// BigBlueButton fleets commonly use this name for the interface with the public address.
func addrsOf(nics []sdk.Nic) []netip.Addr {
	var public, others []netip.Addr
	for _, nic := range nics {
		p := value(nic.Properties)
		addrs := parseAddrs(slices.Concat(value(p.Ips), value(p.Ipv6Ips)))
		if strings.EqualFold(value(p.Name), "public") {
			public = append(public, addrs...)
		} else {
			others = append(others, addrs...)
		}
	}
	return append(public, others...)
}

// parseAddrs returns the valid addresses in texts.
func parseAddrs(texts []string) []netip.Addr {
	var addrs []netip.Addr
	for _, text := range texts {
		if addr, err := netip.ParseAddr(text); err == nil {
			addrs = append(addrs, addr.Unmap())
		}
	}
	return addrs
}

// hotPlugOf returns the flags of the boot volume. If the answer names no boot volume,
// it returns those of the only volume.
func hotPlugOf(boot sdk.ResourceReference, volumes []sdk.Volume) fleet.HotPlug {
	for _, v := range volumes {
		if id := value(boot.Id); id != "" && id == value(v.Id) || id == "" && len(volumes) == 1 {
			p := value(v.Properties)
			return fleet.HotPlug{CPU: value(p.CpuHotPlug), RAM: value(p.RamHotPlug)}
		}
	}
	return fleet.HotPlug{}
}

// requestStatus returns the status of a request. An unknown status counts as pending.
func requestStatus(s sdk.RequestStatus) fleet.RequestStatus {
	m := value(s.Metadata)
	switch value(m.Status) {
	case sdk.RequestStatusDone:
		return fleet.RequestStatus{Phase: fleet.RequestDone}
	case sdk.RequestStatusFailed:
		return fleet.RequestStatus{Phase: fleet.RequestFailed, Message: value(m.Message)}
	}
	return fleet.RequestStatus{Phase: fleet.RequestPending}
}

// limitsOf returns the limits of the contract with the given number, or of the only
// contract if number is 0.
func limitsOf(list sdk.Contracts, number int64) (sdk.ResourceLimits, error) {
	contracts := value(list.Items)
	if number == 0 && len(contracts) == 1 {
		return value(value(contracts[0].Properties).ResourceLimits), nil
	}
	var numbers []string
	for _, c := range contracts {
		p := value(c.Properties)
		if have := value(p.ContractNumber); number != 0 && have == number {
			return value(p.ResourceLimits), nil
		}
		numbers = append(numbers, fmt.Sprint(value(p.ContractNumber)))
	}
	if number != 0 {
		return sdk.ResourceLimits{}, fmt.Errorf("ionos.contract_number %d is not a contract of the login, which has %v", number, numbers)
	}
	return sdk.ResourceLimits{}, fmt.Errorf("the login has %d contracts, %v: set ionos.contract_number", len(numbers), numbers)
}

// room returns the limits and what is left of them.
func room(l sdk.ResourceLimits) fleet.Contract {
	left := func(limit, used *int32) int {
		if limit == nil {
			return unlimited
		}
		return max(int(*limit)-max(int(value(used)), 0), 0)
	}
	return fleet.Contract{
		PerServer: fleet.Size{Cores: fleet.Cores(left(l.CoresPerServer, nil)), RAM: fleet.MiB(left(l.RamPerServer, nil))},
		Free: fleet.Size{
			Cores: fleet.Cores(left(l.CoresPerContract, l.CoresProvisioned)),
			RAM:   fleet.MiB(left(l.RamPerContract, l.RamProvisioned)),
		},
	}
}
