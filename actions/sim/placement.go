package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// place returns the server for a new meeting: the one with the lowest load among those
// that take meetings and match the tags. At equal load it is the first by id, since Redis
// orders equal scores like this.
func (w *World) place(tags string) (*member, error) {
	var able []*member
	for _, m := range w.balancer.members {
		if m.takes() {
			able = append(able, m)
		}
	}
	if len(able) == 0 {
		return nil, ErrNoServers
	}
	able, err := matching(able, tags)
	if err != nil {
		return nil, err
	}
	var best *member
	for _, m := range able {
		if best == nil || m.rank() < best.rank() || m.rank() == best.rank() && m.id < best.id {
			best = m
		}
	}
	if best == nil {
		return nil, ErrNoServers
	}
	best.weigh(1)
	return best, nil
}

// matching returns the members for a meeting that requests tags. Several tags are
// separated by semicolons; "none" stands for members without a tag. If no tags are
// requested or no member matches, it returns the members without a tag, or
// ErrTagUnavailable if the requested tags end with an exclamation mark.
func matching(members []*member, tags string) ([]*member, error) {
	wanted, must := strings.CutSuffix(tags, "!")
	asked := strings.Split(wanted, ";")
	keep := func(fits func(tag string) bool) (kept []*member) {
		for _, m := range members {
			if fits(m.tag) {
				kept = append(kept, m)
			}
		}
		return kept
	}
	match := keep(func(tag string) bool { return wanted != "" && slices.Contains(asked, cmp.Or(tag, "none")) })
	switch {
	case len(match) > 0:
		return match, nil
	case must && wanted != "":
		return nil, fmt.Errorf("%w=%s", ErrTagUnavailable, wanted)
	}
	return keep(func(tag string) bool { return tag == "" }), nil
}
