package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// parsePools reads pools such as gold=0.2 for a fleet of the given number of servers.
func parsePools(texts []string, servers int) ([]week.Pool, error) {
	var pools []week.Pool
	sum := 0.0
	for _, text := range texts {
		tag, number, _ := strings.Cut(text, "=")
		share, err := strconv.ParseFloat(number, 64)
		if err != nil || !(share > 0 && share < 1) || tag == "" || tag == "none" || strings.ContainsAny(tag, ";!") {
			return nil, refuse.Value("--pool", text, "be a tag and a share above 0 and below 1, such as gold=0.2")
		}
		if slices.ContainsFunc(pools, func(p week.Pool) bool { return p.Tag == tag }) {
			return nil, refuse.Value("--pool", text, "be given once for each tag")
		}
		pools, sum = append(pools, week.Pool{Tag: tag, Share: share}), sum+share
	}
	if sum >= 1 || week.PooledServers(pools, servers) >= servers && len(pools) > 0 {
		return nil, refuse.Value("--pool", strings.Join(texts, " "), "leave at least one of the %d servers without a tag", servers)
	}
	return pools, nil
}
