package daemon

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
)

// displayedClock is a clock that the page and the API have instead of the real one. The
// live demo lets time pass faster in its simulation than the daemon knows; the people
// who watch it see one clock. The zero value is the real clock.
type displayedClock struct {
	shown, real time.Time // the same moment
	speed       float64   // seconds shown in one real second
}

// Set parses a clock: two times in RFC 3339 and a number, separated by commas.
func (c *displayedClock) Set(text string) error {
	part := strings.Split(text, ",")
	if len(part) != 3 {
		return fmt.Errorf("%q: must be a time, the real time at that moment, and a speed, separated by commas", text)
	}
	var err error
	if c.shown, err = time.Parse(time.RFC3339Nano, part[0]); err != nil {
		return err
	}
	if c.real, err = time.Parse(time.RFC3339Nano, part[1]); err != nil {
		return err
	}
	c.speed, err = strconv.ParseFloat(part[2], 64)
	if err == nil && !(c.speed > 0) {
		err = fmt.Errorf("the speed %g: must be above 0", c.speed)
	}
	return err
}

// String returns nothing: the flag has no default.
func (c *displayedClock) String() string { return "" }

// at returns the displayed time at a real time.
func (c displayedClock) at(real time.Time) time.Time {
	if real.IsZero() {
		return real
	}
	return c.shown.Add(time.Duration(float64(real.Sub(c.real)) * c.speed)).Local()
}

// realAt returns the real time at a displayed time.
func (c displayedClock) realAt(shown time.Time) time.Time {
	if shown.IsZero() {
		return shown
	}
	return c.real.Add(time.Duration(float64(shown.Sub(c.shown)) / c.speed))
}

// of returns receiver.Deps.Displayed, nil for the real clock.
func (c displayedClock) of() func(receiver.Scaler, func() time.Time) (receiver.Scaler, func() time.Time) {
	if c.speed == 0 {
		return nil
	}
	return func(s receiver.Scaler, now func() time.Time) (receiver.Scaler, func() time.Time) {
		return displayedScaler{s, c}, func() time.Time { return c.at(now()) }
	}
}

// observed returns a status and a load as the charts of the page take them.
func (c displayedClock) observed(st fleet.Status, l trend.Load) (fleet.Status, trend.Load) {
	if c.speed != 0 {
		st.At, l.Within = c.at(st.At), time.Duration(float64(l.Within)*c.speed)
	}
	return st, l
}

// settings returns the configuration as the page takes it: with the time of a start as
// it is displayed.
func (c displayedClock) settings(of func() fleet.Config) func() fleet.Config {
	if c.speed == 0 {
		return of
	}
	return func() fleet.Config {
		f := of()
		f.Capacity.StartTime = time.Duration(float64(f.Capacity.StartTime) * c.speed)
		return f
	}
}

// displayedScaler shows a scaler's times on another clock.
type displayedScaler struct {
	receiver.Scaler
	clock displayedClock
}

// Notify implements receiver.Scaler. A notification has the displayed time of its arrival;
// the scaler would not believe alerts of another time than its own.
func (d displayedScaler) Notify(alerts []fleet.Alert) (int, error) {
	alerts = slices.Clone(alerts)
	for i := range alerts {
		alerts[i].SeenAt = d.clock.realAt(alerts[i].SeenAt)
	}
	return d.Scaler.Notify(alerts)
}

// Alerts implements receiver.Scaler.
func (d displayedScaler) Alerts() []fleet.Alert { return converted(d.clock, d.Scaler.Alerts()) }

// Status implements receiver.Scaler.
func (d displayedScaler) Status() fleet.Status { return converted(d.clock, d.Scaler.Status()) }

// Journal implements receiver.Scaler.
func (d displayedScaler) Journal(limit int, server string) ([]fleet.Entry, error) {
	entries, err := d.Scaler.Journal(limit, server)
	return converted(d.clock, entries), err
}

// RememberedCores implements receiver.Scaler.
func (d displayedScaler) RememberedCores(from, until time.Time) []fleet.CoresAt {
	return converted(d.clock, d.Scaler.RememberedCores(d.clock.realAt(from), d.clock.realAt(until)))
}

// Pause implements receiver.Scaler.
func (d displayedScaler) Pause(p fleet.Pause) (fleet.Pause, error) {
	p.From, p.Until = d.clock.realAt(p.From), d.clock.realAt(p.Until)
	p, err := d.Scaler.Pause(p)
	return converted(d.clock, p), err
}

// converted returns a copy of v in which every time is that of the clock, and also the
// times of day in its texts.
func converted[T any](c displayedClock, v T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	out.Set(reflect.ValueOf(v))
	c.convert(out)
	return out.Interface().(T)
}

// convert changes all times in a settable value. It copies what pointers, slices and maps
// refer to, because the scaler shares that.
func (c displayedClock) convert(v reflect.Value) {
	switch x := v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(c.at(x)))
		return
	case fleet.Seconds:
		v.SetFloat(float64(x) * c.speed)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(c.text(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.convert(v.Field(i))
			}
		}
	default:
		c.convertReferred(v)
	}
}

// convertReferred changes what a pointer, a slice or a map refers to, in a copy.
func (c displayedClock) convertReferred(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			to := reflect.New(v.Type().Elem())
			to.Elem().Set(v.Elem())
			c.convert(to.Elem())
			v.Set(to)
		}
	case reflect.Slice:
		if !v.IsNil() {
			to := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(to, v)
			for i := range to.Len() {
				c.convert(to.Index(i))
			}
			v.Set(to)
		}
	case reflect.Map:
		if v.IsNil() {
			return
		}
		to := reflect.MakeMap(v.Type())
		for key, value := range v.Seq2() {
			changed := reflect.New(v.Type().Elem()).Elem()
			changed.Set(value)
			c.convert(changed)
			to.SetMapIndex(key, changed)
		}
		v.Set(to)
	}
}

// timeOfDay matches what fleet.Clock writes.
var timeOfDay = regexp.MustCompile(`\b\d\d:\d\d:\d\d [A-Z]{2,5}\b`)

// text replaces the times of day in a text. Each is taken for the one that is nearest to
// the clock's beginning.
func (c displayedClock) text(text string) string {
	return timeOfDay.ReplaceAllStringFunc(text, func(found string) string {
		zone := c.real.Location()
		if strings.HasSuffix(found, " "+c.real.Local().Format("MST")) {
			zone = time.Local
		}
		t, err := time.ParseInLocation("15:04:05", found[:8], zone)
		if err != nil {
			return found
		}
		day := c.real.In(zone)
		at := time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
		if at.Before(day.Add(-12 * time.Hour)) {
			at = at.AddDate(0, 0, 1)
		}
		return fleet.Clock(c.at(at))
	})
}
