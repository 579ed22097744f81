package rules

import "strings"

// operatorAsks are what an alert of the operator's own may ask for.
var operatorAsks = []Ask{AskGrow, AskShrink, AskStop, AskDisable, AskCordon, AskStart}

// Meanings returns, by alert name, what each alert asks for: the generated
// ones and the operator's. An operator's alert has no scope here: it speaks of
// one server when it carries an instance or a server id, else of the fleet.
func (c Config) Meanings() map[string]Meaning {
	meanings := Meanings()
	for name, ask := range c.Asks {
		meanings[name] = Meaning{Ask: ask}
	}
	return meanings
}

func joinAsks(asks []Ask) string {
	words := make([]string, len(asks))
	for i, a := range asks {
		words[i] = string(a)
	}
	return strings.Join(words, ", ")
}
