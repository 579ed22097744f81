package ionostest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Paging limits, as the API documents them.
const (
	defaultLimit = 1000
	maxLimit     = 10000
)

// item returns one resource of a list. Below level 0 it is only a reference, at 0 it
// has its properties, and above also its entities.
type item func(level int) resource

// list returns the page of the items that the query selects, in the order of the query.
func (a *api) list(r *http.Request, id, href string, items []item) (any, error) {
	offset, limit, depth, err := paging(r)
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	if items, err = selected(items, query); err != nil {
		return nil, err
	}
	l := collection{Type: "collection", ID: id, Href: href, Items: []resource{}, Offset: &offset, Limit: &limit, Links: &links{}}
	end := min(len(items), offset+limit)
	for _, describe := range items[min(offset, len(items)):end] {
		l.Items = append(l.Items, describe(depth-1))
	}
	page := func(from int) string {
		query.Set("offset", strconv.Itoa(from))
		query.Set("limit", strconv.Itoa(limit))
		return href + "?" + query.Encode()
	}
	l.Links.Self = page(offset)
	if end < len(items) {
		l.Links.Next = page(end)
	}
	if offset > 0 {
		l.Links.Prev = page(max(0, offset-limit))
	}
	if kind, _, _ := strings.Cut(id, "/"); slices.Contains([]string{"contracts", "images", "snapshots", "labels", "locations"}, kind) {
		l.Offset, l.Limit, l.Links = nil, nil, nil // the API does not tell them there
	}
	return l, nil
}

// paging returns the query's offset, limit (or maxResults) and depth.
func paging(r *http.Request) (offset, limit, depth int, err error) {
	most := maxLimit
	limit = defaultLimit
	for name, v := range map[string]*int{"offset": &offset, "limit": &limit, "maxResults": &most, "depth": &depth} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		n, bad := strconv.Atoi(text)
		if bad != nil || n < 0 || (name == "limit" || name == "maxResults") && (n < 1 || n > maxLimit) || name == "depth" && n > 10 {
			return 0, 0, 0, badQuery(name, "out of range: "+text)
		}
		*v = n
	}
	return offset, min(limit, most), depth, nil
}

func badQuery(name, what string) error {
	return &sim.CloudError{Status: http.StatusUnprocessableEntity, Code: "100", Message: "[(root).query." + name + "] " + what}
}

// selected returns the items that match all filters of the query, in the order of the
// query.
func selected(items []item, query url.Values) ([]item, error) {
	filters := map[string][]string{}
	for key, values := range query {
		if name, ok := strings.CutPrefix(key, "filter."); ok {
			filters[name] = values
		}
	}
	order := query.Get("orderBy")
	if len(filters) == 0 && order == "" || len(items) == 0 {
		return items, nil
	}
	table := newTable(items)
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		if !table.has(name) {
			return nil, badQuery("filter."+name, "there is no property of this name")
		}
		table = slices.DeleteFunc(table, func(row row) bool { return !row.matches(name, filters[name]) })
	}
	if order != "" && len(table) > 0 && !table.has(order) {
		return nil, badQuery("orderBy", "there is no property "+order)
	}
	slices.SortStableFunc(table, func(x, y row) int { return compare(x.facts[order], y.facts[order]) })
	kept := make([]item, len(table))
	for i, row := range table {
		kept[i] = row.item
	}
	return kept, nil
}

// row is an item with its properties and metadata by name.
type row struct {
	item  item
	facts map[string]any
}

type table []row

func newTable(items []item) table {
	t := make(table, len(items))
	for i, describe := range items {
		thing := describe(0)
		t[i] = row{describe, attributes(thing.Metadata)}
		if t[i].facts == nil {
			t[i].facts = map[string]any{}
		}
		maps.Copy(t[i].facts, attributes(thing.Properties))
	}
	return t
}

// has reports whether any row has the property.
func (t table) has(name string) bool {
	return slices.ContainsFunc(t, func(row row) bool { _, ok := row.facts[name]; return ok })
}

// matches reports whether the property contains one of the texts, ignoring case.
func (r row) matches(name string, texts []string) bool {
	have := strings.ToLower(textOf(r.facts[name]))
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(have, strings.ToLower(text)) })
}

// compare compares numbers by value, and everything else as text.
func compare(x, y any) int {
	a, aIs := x.(float64)
	b, bIs := y.(float64)
	if aIs && bIs {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(textOf(x), textOf(y))
}

func textOf(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// attributes returns the properties or metadata of a resource by their JSON names.
func attributes(v any) map[string]any {
	text, err := json.Marshal(v)
	var byName map[string]any
	if err != nil || json.Unmarshal(text, &byName) != nil {
		return nil
	}
	return byName
}
