package ionostest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// collection is a list in the format of the API.
type collection struct {
	ID     string     `json:"id,omitempty"`
	Type   string     `json:"type,omitempty"`
	Href   string     `json:"href,omitempty"`
	Items  []resource `json:"items"`
	Offset *int       `json:"offset,omitempty"`
	Limit  *int       `json:"limit,omitempty"`
	Links  *links     `json:"_links,omitempty"`
}

type links struct {
	Prev string `json:"prev,omitempty"`
	Self string `json:"self,omitempty"`
	Next string `json:"next,omitempty"`
}

// resource is a server, a volume or another object in the format of the API.
type resource struct {
	ID         string `json:"id,omitempty"`
	Type       string `json:"type,omitempty"`
	Href       string `json:"href,omitempty"`
	Metadata   any    `json:"metadata,omitempty"`
	Properties any    `json:"properties,omitempty"`
	Entities   any    `json:"entities,omitempty"`
}

type metadata struct {
	ETag     string `json:"etag,omitempty"`
	Created  string `json:"createdDate,omitempty"`
	Modified string `json:"lastModifiedDate,omitempty"`
	State    string `json:"state,omitempty"`
}

type entities struct {
	Volumes collection `json:"volumes"`
	NICs    collection `json:"nics"`
}

type serverProperties struct {
	Name             string    `json:"name"`
	Hostname         string    `json:"hostname,omitempty"`
	Cores            int       `json:"cores"`
	RAM              int       `json:"ram"`
	AvailabilityZone string    `json:"availabilityZone,omitempty"`
	VMState          string    `json:"vmState"`
	BootVolume       *resource `json:"bootVolume,omitempty"`
	CPUFamily        string    `json:"cpuFamily,omitempty"`
	Type             string    `json:"type,omitempty"`
}

type volumeProperties struct {
	Name                string `json:"name"`
	Type                string `json:"type"`
	Size                int    `json:"size"`
	Bus                 string `json:"bus"`
	LicenceType         string `json:"licenceType"`
	CPUHotPlug          bool   `json:"cpuHotPlug"`
	RAMHotPlug          bool   `json:"ramHotPlug"`
	NICHotPlug          bool   `json:"nicHotPlug"`
	NICHotUnplug        bool   `json:"nicHotUnplug"`
	DiscVirtioHotPlug   bool   `json:"discVirtioHotPlug"`
	DiscVirtioHotUnplug bool   `json:"discVirtioHotUnplug"`
	BootServer          string `json:"bootServer"`
}

type nicProperties struct {
	Name string   `json:"name"`
	MAC  string   `json:"mac"`
	IPs  []string `json:"ips"`
	DHCP bool     `json:"dhcp"`
	LAN  int      `json:"lan"`
}

// describe returns a server: below level 0 only a reference, at 0 its properties, at 1
// also references to its volumes and NICs, at 2 also their properties.
func (a *api) describe(r *http.Request, m sim.Machine, level int) resource {
	href := self(r, "/datacenters/%s/servers/%s", m.Datacenter, m.ID)
	s := resource{ID: m.ID, Type: "server", Href: href}
	if level < 0 {
		return s
	}
	s.Metadata = a.metadata(m)
	p := serverProperties{
		Name: m.Name, Hostname: m.Name, Cores: int(m.Size.Cores), RAM: int(m.Size.RAM), AvailabilityZone: "AUTO",
		VMState: m.VMState, CPUFamily: "INTEL_SKYLAKE", Type: "ENTERPRISE",
		BootVolume: &resource{ID: m.VolumeID, Type: "volume", Href: self(r, "/datacenters/%s/volumes/%s", m.Datacenter, m.VolumeID)},
	}
	if m.Template != "" {
		p.Type = m.Template
	}
	if a.Sparse {
		p.Hostname, p.AvailabilityZone, p.CPUFamily = "", "", ""
	}
	s.Properties = p
	if level >= 1 {
		s.Entities = &entities{
			Volumes: collection{ID: m.ID + "/volumes", Type: "collection", Href: href + "/volumes", Items: []resource{a.volume(r, m, level)}},
			NICs:    collection{ID: m.ID + "/nics", Type: "collection", Href: href + "/nics", Items: []resource{a.nic(r, m, level)}},
		}
	}
	return s
}

type datacenterProperties struct {
	Name     string `json:"name"`
	Location string `json:"location"`
}

// describeDatacenter returns the ith datacenter, below level 0 only a reference.
func (a *api) describeDatacenter(r *http.Request, i, level int) resource {
	id := a.World.Datacenters()[i]
	d := resource{ID: id, Type: "datacenter", Href: self(r, "/datacenters/%s", id)}
	if level >= 0 {
		d.Metadata = &metadata{State: "AVAILABLE"}
		d.Properties = datacenterProperties{Name: "bbb-" + strconv.Itoa(i+1), Location: locationID}
	}
	return d
}

func (a *api) metadata(m sim.Machine) *metadata {
	state := "AVAILABLE"
	if m.Busy {
		state = "BUSY"
	}
	if a.Sparse {
		return &metadata{State: state}
	}
	modified := m.Modified.UTC().Format(time.RFC3339)
	return &metadata{
		ETag: strconv.FormatInt(m.Modified.Unix(), 16) + m.ID[:8], Created: "2024-08-01T07:12:03Z", Modified: modified, State: state,
	}
}

// volume returns the boot volume of a server, below level 2 only a reference.
func (a *api) volume(r *http.Request, m sim.Machine, level int) resource {
	v := resource{ID: m.VolumeID, Type: "volume", Href: self(r, "/datacenters/%s/volumes/%s", m.Datacenter, m.VolumeID)}
	if level < 2 {
		return v
	}
	v.Metadata = &metadata{State: "AVAILABLE"}
	v.Properties = volumeProperties{
		Name: "root", Type: "SSD", Size: 50, Bus: "VIRTIO", LicenceType: "LINUX",
		CPUHotPlug: m.HotPlug.CPU, RAMHotPlug: m.HotPlug.RAM, NICHotPlug: true, NICHotUnplug: true,
		DiscVirtioHotPlug: true, DiscVirtioHotUnplug: true, BootServer: m.ID,
	}
	return v
}

// nic returns the NIC of a server, below level 2 only a reference.
func (a *api) nic(r *http.Request, m sim.Machine, level int) resource {
	n := resource{ID: m.NICID, Type: "nic", Href: self(r, "/datacenters/%s/servers/%s/nics/%s", m.Datacenter, m.ID, m.NICID)}
	if level < 2 {
		return n
	}
	n.Metadata = &metadata{State: "AVAILABLE"}
	p := nicProperties{Name: "public", MAC: "02:01:" + m.NICID[:2] + ":" + m.NICID[2:4] + ":" + m.NICID[4:6] + ":" + m.NICID[6:8], IPs: []string{}, DHCP: true, LAN: 1}
	for _, addr := range m.Addrs {
		p.IPs = append(p.IPs, addr.String())
	}
	n.Properties = p
	return n
}
