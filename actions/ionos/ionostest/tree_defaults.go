package ionostest

import (
	"fmt"
	"maps"
)

// hotPlug are the properties of volumes and images that allow changes while a server runs.
func hotPlug() properties {
	return properties{
		"cpuHotPlug": true, "ramHotPlug": true, "nicHotPlug": true, "nicHotUnplug": true,
		"discVirtioHotPlug": true, "discVirtioHotUnplug": true,
	}
}

// addImages adds two images of Ubuntu.
func (c *cloud) addImages() {
	for _, version := range []string{"22.04", "24.04"} {
		p := properties{
			"name": "Ubuntu-" + version + "-LTS-server", "location": locationID, "size": 3.0, "licenceType": "LINUX", "imageType": "HDD",
			"public": true, "imageAliases": []string{"ubuntu:" + version, "ubuntu:" + version + "_server"}, "cloudInit": "V1",
		}
		maps.Copy(p, hotPlug())
		c.root.add("images", &node{id: c.newID(), properties: p})
	}
}

// fill sets the properties that a new resource was not given, and takes away those that
// the API never returns.
func (c *cloud) fill(n *node) {
	p := n.properties
	defaults := c.defaults(n)
	for name, value := range defaults {
		if p[name] == nil {
			p[name] = value
		}
	}
	for _, name := range []string{"sshKeys", "imagePassword", "imageAlias"} {
		delete(p, name)
	}
}

// defaults returns the values of properties that were not given.
func (c *cloud) defaults(n *node) properties {
	switch n.collection {
	case "servers":
		return properties{"vmState": "RUNNING", "type": "ENTERPRISE", "availabilityZone": "AUTO", "cpuFamily": "INTEL_SKYLAKE", "nicMultiQueue": false}
	case "volumes":
		return c.volumeDefaults(n)
	case "nics":
		i := len(n.parent.children["nics"])
		return properties{
			"mac": "02:01:" + n.id[:2] + ":" + n.id[2:4] + ":" + n.id[4:6] + ":" + n.id[6:8], "dhcp": true, "firewallActive": false,
			"firewallType": "INGRESS", "deviceNumber": i, "pciSlot": 5 + i, "ips": []any{fmt.Sprintf("203.0.113.%d", c.made%250+1)},
		}
	case "firewallrules":
		return properties{"type": "INGRESS", "ipVersion": "IPv4"}
	case "lans":
		return properties{"public": true, "ipFailover": []any{}}
	case "ipblocks":
		return properties{"ips": c.reserve(int(number(n.properties["size"]))), "ipConsumers": []any{}}
	case "datacenters":
		return properties{"version": 1, "features": []any{"SSD"}, "secAuthProtection": false}
	}
	return nil
}

// volumeDefaults returns those of a volume, many of which are its image's.
func (c *cloud) volumeDefaults(n *node) properties {
	d := properties{"bus": "VIRTIO", "availabilityZone": "AUTO", "deviceNumber": 1, "pciSlot": 8}
	for _, name := range []string{"imageAlias", "image"} {
		if image := c.image(textOf(n.properties[name])); image != nil {
			d["image"], d["licenceType"] = image.id, image.properties["licenceType"]
			maps.Copy(d, hotPlug())
		}
	}
	return d
}

// reserve returns new addresses.
func (c *cloud) reserve(size int) (ips []any) {
	for i := range size {
		ips = append(ips, fmt.Sprintf("198.51.100.%d", (c.made+i)%250+1))
	}
	return ips
}
