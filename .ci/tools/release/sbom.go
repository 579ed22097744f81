package main

import (
	"cmp"
	"debug/buildinfo"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

// billOfMaterials writes the modules that the programs are made of, which Go records in
// their files, and the version of Go, in the format of CycloneDX.
func (r release) billOfMaterials(arch string) error {
	var main cyclonedx.Component
	modules := map[string]cyclonedx.Component{}
	for _, program := range programs {
		info, err := buildinfo.ReadFile(r.binary(arch, program))
		if err != nil {
			return err
		}
		main = component(cyclonedx.ComponentTypeApplication, info.Main.Path, "v"+r.version)
		modules[""] = component(cyclonedx.ComponentTypeLibrary, "std", info.GoVersion)
		for _, m := range info.Deps {
			modules[m.Path] = module(cmp.Or(m.Replace, m))
		}
	}
	var components []cyclonedx.Component
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		components = append(components, modules[path])
	}
	return r.writeBill(arch, main, components)
}

func (r release) writeBill(arch string, main cyclonedx.Component, components []cyclonedx.Component) error {
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: r.date.Format("2006-01-02T15:04:05Z"), Component: &main}
	bom.Components = &components
	file, err := os.Create(r.name(arch, ".cdx.json"))
	if err != nil {
		return err
	}
	if err := cyclonedx.NewBOMEncoder(file, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(bom); err != nil {
		return fmt.Errorf("writing the bill of materials: %w", err)
	}
	return file.Close()
}

func component(kind cyclonedx.ComponentType, name, version string) cyclonedx.Component {
	url := "pkg:golang/" + name + "@" + version
	return cyclonedx.Component{Type: kind, BOMRef: url, Name: name, Version: version, PackageURL: url}
}

func module(m *debug.Module) cyclonedx.Component {
	c := component(cyclonedx.ComponentTypeLibrary, m.Path, m.Version)
	if m.Sum != "" {
		c.Properties = &[]cyclonedx.Property{{Name: "go.sum", Value: m.Sum}}
	}
	return c
}
