package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// load reads the text from the module that .ci/tools/ionos states, with its checksum.
func load() (routers.Router, error) {
	module, err := run("env", "GOMOD")
	if err != nil {
		return nil, err
	}
	tool := filepath.Join(filepath.Dir(strings.TrimSpace(string(module))), ".ci/tools/ionos")
	listed, err := run("mod", "download", "-C", tool, "-json", "github.com/ionos-cloud/sdk-go/v6")
	if err != nil {
		return nil, err
	}
	var sdk struct{ Dir string }
	if err := json.Unmarshal(listed, &sdk); err != nil {
		return nil, fmt.Errorf("reading what go mod download printed: %w", err)
	}
	text, err := openapi3.NewLoader().LoadFromFile(filepath.Join(sdk.Dir, "api/openapi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("loading the OpenAPI text: %w", err)
	}
	text.Servers = openapi3.Servers{{URL: basePath}}
	correct(text)
	return gorillamux.NewRouter(text)
}

func run(args ...string) ([]byte, error) {
	var problems bytes.Buffer
	command := exec.Command("go", args...)
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s%s", strings.Join(args, " "), err, &problems, out)
	}
	return out, nil
}

// later are properties that the API has since the text was written, by their schema. The
// SDK's current models have them.
var later = map[string][]string{
	"ServerProperties":       {"hostname", "nicMultiQueue"},
	"NicProperties":          {"dhcpv6"},
	"LanProperties":          {"ipv6CidrBlock"},
	"LanPropertiesPost":      {"ipv6CidrBlock"},
	"FirewallruleProperties": {"ipVersion"},
	"ResourceLimits":         {"securityGroupsPerVdc", "securityGroupsPerResource", "rulesPerSecurityGroup"},
}

// correct makes the text state what the API does, and allow nothing else.
func correct(text *openapi3.T) {
	for name, schema := range text.Components.Schemas {
		for _, property := range later[name] {
			schema.Value.Properties[property] = (&openapi3.Schema{Nullable: true}).NewRef()
		}
		correctSchema(schema.Value)
	}
	text.Components.Schemas["FirewallruleProperties"].Value.Required = nil // an update must not have the protocol
	for _, path := range text.Paths.Map() {
		for method, call := range path.Operations() {
			if method == "PATCH" {
				changeSome(call)
			}
			correctHeaders(call)
		}
	}
}

// correctSchema refuses unknown properties, takes away that the type of a resource is an
// object, which contradicts its list of texts, and allows a reference to a resource:
// with a small depth, the API answers with its id, type and href alone.
func correctSchema(s *openapi3.Schema) {
	if len(s.Properties) > 0 {
		s.AdditionalProperties.Has = new(bool)
	}
	if kind := s.Properties["type"]; kind != nil && len(kind.Value.AllOf) > 0 {
		kind.Value.Type = nil
	}
	if whole := slices.Index(s.Required, "properties"); whole >= 0 {
		s.Required = slices.Delete(s.Required, whole, whole+1)
		s.AnyOf = openapi3.SchemaRefs{
			(&openapi3.Schema{Required: []string{"properties"}}).NewRef(),
			openapi3.NewSchema().WithMaxProperties(3).NewRef(),
		}
	}
}

// changeSome lets a PATCH have only the properties that change.
func changeSome(call *openapi3.Operation) {
	body := call.RequestBody.Value.Content.Get("application/json")
	some := *body.Schema.Value
	some.Required = nil
	body.Schema = some.NewRef()
}

// correctHeaders replaces the pattern of Location, which is a text with placeholders and
// not a regular expression.
func correctHeaders(call *openapi3.Operation) {
	for _, response := range call.Responses.Map() {
		if location := response.Value.Headers["Location"]; location != nil {
			location.Value.Schema.Value.Pattern = `^https?://[^/]+/cloudapi/v6/requests/[^/]+/status$`
		}
	}
}
