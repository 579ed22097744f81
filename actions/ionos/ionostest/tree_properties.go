package ionostest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"

	sdk "github.com/ionos-cloud/sdk-go/v6"
)

// model returns the properties that the API documents for the resources of a collection.
func model(collection string) any {
	switch collection {
	case "datacenters":
		return &sdk.DatacenterProperties{}
	case "servers":
		return &sdk.ServerProperties{}
	case "volumes":
		return &sdk.VolumeProperties{}
	case "nics":
		return &sdk.NicProperties{}
	case "lans":
		return &sdk.LanProperties{}
	case "firewallrules":
		return &sdk.FirewallruleProperties{}
	case "ipblocks":
		return &sdk.IpBlockProperties{}
	}
	return &sdk.LabelResourceProperties{}
}

// required returns the properties without which a resource cannot be created.
func required(collection string, given properties) []string {
	if collection == "servers" && given["templateUuid"] != nil {
		return nil
	}
	return map[string][]string{
		"datacenters": {"location"}, "servers": {"cores", "ram"}, "volumes": {"size", "type"}, "nics": {"lan"},
		"firewallrules": {"protocol"}, "ipblocks": {"location", "size"}, "labels": {"key", "value"},
	}[collection]
}

// fixed returns the properties that only the cloud sets, or that only a POST does.
func fixed(collection string) []string {
	return map[string][]string{
		"datacenters":   {"location", "version"},
		"servers":       {"vmState", "type", "templateUuid"},
		"volumes":       {"image", "imageAlias", "imagePassword", "sshKeys", "userData", "type", "availabilityZone", "bootServer", "deviceNumber"},
		"nics":          {"mac", "deviceNumber", "pciSlot"},
		"firewallrules": {"protocol"},
		"ipblocks":      {"ips", "location", "size", "ipConsumers"},
		"labels":        {"key"},
	}[collection]
}

// check returns the error for properties that a resource in a collection of n cannot be
// created with, or that the resource n cannot be changed to.
func (c *cloud) check(n *node, collection string, given properties, create bool) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] == nil {
			continue
		}
		if err := decodes(collection, name, given[name]); err != nil {
			return err
		}
		if !create && slices.Contains(fixed(collection), name) && !reflect.DeepEqual(given[name], n.properties[name]) {
			return invalid(name, "cannot be changed")
		}
	}
	return c.checkValues(n, collection, given)
}

// missing returns the error for a resource that lacks a required property.
func missing(collection string, given properties) error {
	for _, name := range required(collection, given) {
		if given[name] == nil {
			return invalid(name, "is required")
		}
	}
	return nil
}

// decodes returns an error unless the API documents the property with the type of the
// value.
func decodes(collection, name string, value any) error {
	text, err := json.Marshal(properties{name: value})
	if err != nil {
		return err
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	wrong := strict.Decode(model(collection))
	if wrong == nil {
		return nil
	}
	if _, isType := wrong.(*json.UnmarshalTypeError); isType {
		return invalid(name, "has the wrong type: got %s", textOf(value))
	}
	return invalid(name, "is unknown")
}

// checkValues returns the error for values that the cloud does not accept.
func (c *cloud) checkValues(n *node, collection string, p properties) error {
	cores, ram := number(p["cores"]), number(p["ram"])
	switch {
	case p["cores"] != nil && cores < 1:
		return invalid("cores", "must be at least 1: got %v", cores)
	case p["ram"] != nil && (ram < 256 || int(ram)%256 != 0):
		return invalid("ram", "must be a multiple of 256: got %v", ram)
	case collection == "volumes" && p["imageAlias"] != nil && c.image(textOf(p["imageAlias"])) == nil:
		return invalid("imageAlias", "names no image: got %s", p["imageAlias"])
	case collection == "nics" && p["lan"] != nil && n.datacenter().member("lans", fmt.Sprint(number(p["lan"]))) == nil:
		return invalid("lan", "names no LAN of the datacenter: got %v", p["lan"])
	case number(p["portRangeStart"]) > number(p["portRangeEnd"]):
		return invalid("portRangeEnd", "must not be below portRangeStart: got %v", p["portRangeEnd"])
	}
	ips, _ := p["ips"].([]any)
	for _, ip := range ips {
		if _, err := netip.ParseAddr(textOf(ip)); err != nil {
			return invalid("ips", "has no IP address: got %s", textOf(ip))
		}
	}
	return nil
}

// datacenter returns the datacenter that n is in.
func (n *node) datacenter() *node {
	for n.parent != nil && n.collection != "datacenters" {
		n = n.parent
	}
	return n
}

// image returns the image with an id or an alias, or nil.
func (c *cloud) image(name string) *node {
	for _, image := range c.root.children["images"] {
		aliases, _ := image.properties["imageAliases"].([]string)
		if image.id == name || slices.Contains(aliases, name) {
			return image
		}
	}
	return nil
}
