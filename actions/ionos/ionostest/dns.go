package ionostest

import (
	"net/http"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// zone is a zone of Cloud DNS.
type zone struct {
	id, domain string
	records    []record
}

// record is a DNS record in the format of Cloud DNS.
type record struct {
	ID         string           `json:"id"`
	Type       string           `json:"type"`
	Href       string           `json:"href"`
	Metadata   recordMetadata   `json:"metadata"`
	Properties recordProperties `json:"properties"`
}

type recordMetadata struct {
	Created  time.Time `json:"createdDate"`
	Modified time.Time `json:"lastModifiedDate"`
	State    string    `json:"state"`
	FQDN     string    `json:"fqdn"`
	ZoneID   string    `json:"zoneId"`
}

// recordProperties are those that a client sets. TTL is in seconds.
type recordProperties struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Content  string `json:"content"`
	TTL      int    `json:"ttl"`
	Priority int    `json:"priority,omitempty"`
	Enabled  bool   `json:"enabled"`
}

// recordPage is a list of records in the format of Cloud DNS.
type recordPage struct {
	ID     string   `json:"id"`
	Type   string   `json:"type"`
	Href   string   `json:"href"`
	Items  []record `json:"items"`
	Offset int      `json:"offset"`
	Limit  int      `json:"limit"`
	Links  struct{} `json:"_links"`
}

// serveDNS serves the calls of Cloud DNS with which Terraform's provider creates, reads,
// changes and deletes records, and the list of them. Cloud DNS has a host of its own and
// no base path, and accepts only tokens. The provider calls it at the address of the Cloud
// API if one is set.
func (c *cloud) serveDNS(mux *http.ServeMux) {
	const records, one = "/zones/{zone}/records", "/zones/{zone}/records/{record}"
	for call, do := range map[string]func(http.ResponseWriter, *http.Request, *zone) error{
		"GET " + records: listRecords, "GET " + one: readRecord, "PUT " + one: putRecord, "DELETE " + one: deleteRecord,
	} {
		mux.HandleFunc(call, c.locked(func(rw http.ResponseWriter, r *http.Request) {
			z := c.zones[r.PathValue("zone")]
			if _, _, isBasic := r.BasicAuth(); isBasic {
				c.refuse(rw, r, &sim.CloudError{Status: http.StatusUnauthorized, Code: "paas-auth-1", Message: "Unauthorized, wrong or no api key provided to process this request"})
			} else if z == nil {
				c.refuse(rw, r, notFound(r))
			} else if err := do(rw, r, z); err != nil {
				c.refuse(rw, r, err)
			}
		}))
	}
}

// find returns the index of the record that the path names, or -1.
func (z *zone) find(r *http.Request) int {
	return slices.IndexFunc(z.records, func(have record) bool { return have.ID == r.PathValue("record") })
}

func listRecords(rw http.ResponseWriter, r *http.Request, z *zone) error {
	answer(rw, r, http.StatusOK, recordPage{ID: z.id, Type: "collection", Href: r.URL.Path, Items: append([]record{}, z.records...), Limit: 100})
	return nil
}

func readRecord(rw http.ResponseWriter, r *http.Request, z *zone) error {
	i := z.find(r)
	if i < 0 {
		return notFound(r)
	}
	answer(rw, r, http.StatusOK, z.records[i])
	return nil
}

// putRecord creates the record, or replaces it, which takes effect at once.
func putRecord(rw http.ResponseWriter, r *http.Request, z *zone) error {
	sent := struct{ Properties recordProperties }{recordProperties{TTL: 3600, Enabled: true}}
	if err := readBody(rw, r, &sent); err != nil {
		return err
	}
	p := sent.Properties
	if p.Type == "" || p.Content == "" {
		return &sim.CloudError{Status: http.StatusBadRequest, Code: "paas-validation-1", Message: "type and content are required"}
	}
	now := time.Now().UTC()
	made := record{ID: r.PathValue("record"), Type: "record", Href: r.URL.Path, Properties: p, Metadata: recordMetadata{
		Created: now, Modified: now, State: "AVAILABLE", FQDN: p.Name + "." + z.domain, ZoneID: z.id,
	}}
	if i := z.find(r); i >= 0 {
		made.Metadata.Created = z.records[i].Metadata.Created
		z.records[i] = made
	} else {
		z.records = append(z.records, made)
	}
	answer(rw, r, http.StatusAccepted, made)
	return nil
}

func deleteRecord(rw http.ResponseWriter, r *http.Request, z *zone) error {
	i := z.find(r)
	if i < 0 {
		return notFound(r)
	}
	z.records = slices.Delete(z.records, i, i+1)
	answer(rw, r, http.StatusAccepted, struct{}{})
	return nil
}
