package fleet

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestASecretIsHiddenHoweverItIsFormatted(t *testing.T) {
	secret := Secret("hush")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		for _, v := range []any{secret, &secret, struct{ S Secret }{secret}, []Secret{secret}, map[string]Secret{"k": secret}} {
			got := fmt.Sprintf(verb, v)
			if strings.Contains(got, "hush") || strings.Contains(strings.ToLower(got), "68757368") {
				t.Errorf("Sprintf(%q, %T) = %q", verb, v, got)
			}
		}
	}
	if got, err := json.Marshal(struct{ S Secret }{secret}); err != nil || strings.Contains(string(got), "hush") {
		t.Errorf("json.Marshal = %s, %v", got, err)
	}
	if got := fmt.Sprintf("%s|%s", secret, Secret("")); got != "<secret>|" {
		t.Errorf("Sprintf = %q, want %q", got, "<secret>|")
	}
}
