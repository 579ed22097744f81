package generate

import (
	"maps"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// operatorAsks lists what an operator's own alert may ask for.
var operatorAsks = []rules.Ask{rules.AskGrow, rules.AskShrink, rules.AskStop, rules.AskDisable, rules.AskCordon, rules.AskStart}

// Meanings returns, by alert name, the meanings of the generated alerts and of
// the operator's own, which are in Asks. An operator's alert has no scope here:
// it is about one server if it has the label instance or server_id, otherwise
// about the fleet.
func (c Config) Meanings() map[string]rules.Meaning {
	meanings := rules.Meanings()
	for name, ask := range c.Asks {
		meanings[name] = rules.Meaning{Ask: ask}
	}
	return meanings
}

func (c Config) validateAsks(p *problems) {
	generated := durations()
	for _, name := range slices.Sorted(maps.Keys(c.Asks)) {
		path, ask := "rules.asks."+name, c.Asks[name]
		_, taken := generated[name]
		p.check(!taken, path, string(ask), "not be an alert of bbb-scaler's own; choose another name for yours")
		p.check(slices.Contains(operatorAsks, ask), path, string(ask), "be one of "+joined(operatorAsks))
	}
}

// joined returns words as a list for an error message.
func joined[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}
