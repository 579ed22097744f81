package config

import (
	"reflect"
	"time"

	"github.com/prometheus/common/model"
)

// Faster divides every duration of the scaler and of the rules by speed, for
// programs that let time pass faster. The time limits of calls do not shrink with
// it: they become short ones, for servers on the same machine.
func (f *File) Faster(speed float64) {
	shorten(reflect.ValueOf(&f.Actions).Elem(), speed)
	shorten(reflect.ValueOf(&f.Rules).Elem(), speed)
	limits := &f.Actions.Deadlines
	limits.Read, limits.Write, limits.Patience = 2*time.Second, 5*time.Second, time.Second
}

// Shorter divides a duration by speed, in milliseconds, to 1 ms at least.
func Shorter(d time.Duration, speed float64) time.Duration {
	return max(time.Millisecond, time.Duration(float64(d)/speed).Round(time.Millisecond))
}

// shorten divides all durations within v.
func shorten(v reflect.Value, speed float64) {
	switch t := v.Interface().(type) {
	case time.Duration:
		if t > 0 {
			v.SetInt(int64(Shorter(t, speed)))
		}
		return
	case model.Duration:
		if t > 0 {
			v.SetInt(int64(Shorter(time.Duration(t), speed)))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				shorten(v.Field(i), speed)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			shorten(value, speed)
			v.SetMapIndex(key, value)
		}
	}
}
