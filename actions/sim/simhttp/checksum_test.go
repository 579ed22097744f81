package simhttp_test

import (
	"net/http/httptest"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// The first is the example of BigBlueButton's documentation: create with
// the secret 639259d4-9dd8-4b25-bf01-95f9567eaf4b.
func TestChecksumsAreThoseThatBigBlueButtonDocuments(t *testing.T) {
	const (
		secret  = "639259d4-9dd8-4b25-bf01-95f9567eaf4b"
		query   = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444"
		correct = "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"
	)
	tests := []struct {
		name, query, action string
		allowed             []string
		want                bool
	}{
		{"as documented", query + "&checksum=" + correct, "create", nil, true},
		{"the checksum first", "checksum=" + correct + "&" + query, "create", nil, true},
		{"another action", query + "&checksum=" + correct, "end", nil, false},
		{"another query", query + "5&checksum=" + correct, "create", nil, false},
		{"an algorithm that is not allowed", query + "&checksum=" + correct, "create", []string{"SHA256"}, false},
		{"none", query, "create", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/bigbluebutton/api/create?"+tt.query, nil)
			if got := simhttp.Checks(r, tt.action, secret, tt.allowed); got != tt.want {
				t.Errorf("Checks(%s, %s) = %v; want %v", tt.query, tt.action, got, tt.want)
			}
		})
	}
}
