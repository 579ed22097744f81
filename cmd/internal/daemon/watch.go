package daemon

import (
	"bytes"
	"context"
	"os"
	"time"
)

// watch reloads when the configuration file has changed, until ctx is done.
func (r *reloader) watch(ctx context.Context) {
	o := r.options
	if o.autoReload <= 0 || o.configFile == "" {
		return
	}
	watchFile(ctx, o.configFile, o.autoReload, r.lastText, func() {
		r.log.Info("the configuration file has changed", "file", o.configFile)
		_, _ = r.reload() // logged there
	})
}

// watchFile calls changed when a file holds something else than known returns,
// and has done so for a whole interval: of a file that is being written, a part
// may be a valid configuration that lacks, for example, an exclusion.
func watchFile(ctx context.Context, file string, interval time.Duration, known func() []byte, changed func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for before := known(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it is being replaced; a reload would refuse it
		}
		if bytes.Equal(text, before) && !bytes.Equal(text, known()) {
			changed()
		}
		before = text
	}
}

// lastText returns the text of the configuration file when it was last read or
// refused.
func (r *reloader) lastText() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.options.configText
}
