package rules

import "testing"

func TestEveryAlertOfTheCatalogueIsComplete(t *testing.T) {
	names := map[string]bool{}
	for _, a := range Catalogue() {
		if a.Name == "" || names[a.Name] {
			t.Errorf("%q is empty or stands in two rows", a.Name)
		}
		names[a.Name] = true
		if a.For <= 0 || a.Needs == 0 || a.Scope == "" {
			t.Errorf("%s has the duration %v, the needs %b and the scope %q; want all of them", a.Name, a.For, a.Needs, a.Scope)
		}
		if a.Ask != "" && a.Scope == ScopeScaler {
			t.Errorf("%s asks for %q and is about the scaler itself", a.Name, a.Ask)
		}
	}
}

// The scaler grows a server's cores or its memory by the measure.
func TestEveryAlertThatGrowsAServerSaysByWhichWorkload(t *testing.T) {
	for name, m := range Meanings() {
		if m.Ask == AskGrow && m.Measure == MeasureNone {
			t.Errorf("%s asks to grow a server and has no measure", name)
		}
		if got := MeaningOf(name); got != m {
			t.Errorf("MeaningOf(%s) = %+v, want %+v", name, got, m)
		}
	}
}

func TestAlertsForPeopleAndOfOperatorsAskForNothing(t *testing.T) {
	for _, name := range []string{ScalerDown, FleetUnseen, "MyAlert"} {
		if got := MeaningOf(name); got.Ask != "" || got.Measure != MeasureNone || got.Rising {
			t.Errorf("MeaningOf(%s) = %+v, want no ask", name, got)
		}
		if _, listed := Meanings()[name]; listed {
			t.Errorf("Meanings() has %s", name)
		}
	}
}
