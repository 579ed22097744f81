package fleet

import "time"

// Leadership is what a daemon knows about which of the daemons that share its store
// leads: reads the fleet and changes it.
type Leadership struct {
	// Leads reports whether it is this daemon.
	Leads bool `json:"leads"`
	// Self is the name of this daemon, as it is in Holder while it leads.
	Self string `json:"self"`
	// Holder is the name of the daemon that leads, as far as is known; empty: none.
	Holder string `json:"holder,omitempty"`
	// Address is the base URL at which the holder is reached.
	Address string `json:"address,omitempty"`
	// Since is when the holder began to lead, by the clock of the store.
	Since time.Time `json:"since,omitzero"`
	// Digest identifies the servers that the holder's configuration acts on, and OwnDigest
	// those that the configuration of this daemon acts on.
	Digest    string `json:"digest,omitempty"`
	OwnDigest string `json:"own_digest"`
	// Problem is why this daemon does not lead and would not take over, or why it does
	// not know who leads; empty: none.
	Problem string `json:"problem,omitempty"`
}
