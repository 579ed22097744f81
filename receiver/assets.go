package receiver

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// web has the templates, style sheets and scripts of the pages, and uPlot, which draws
// the charts.
//
//go:embed web
var web embed.FS

// asset answers with a style sheet or a script. A browser keeps it, and asks whether
// it is still the same.
func asset(c echo.Context) error {
	name := c.Param("*")
	text, err := fs.ReadFile(web, "web/"+name)
	if err != nil || !servedAsset(name) {
		return fail(http.StatusNotFound, "Not Found")
	}
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, "no-cache")
	h.Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(text)))
	http.ServeContent(c.Response(), c.Request(), name, time.Time{}, bytes.NewReader(text))
	return nil
}

// servedAsset reports whether a file is one that browsers load; templates are not.
func servedAsset(name string) bool {
	return slices.Contains([]string{".css", ".js"}, path.Ext(name)) || name == "uplot/LICENSE"
}

func pageTemplate() *template.Template {
	return template.Must(template.New("page.html").Funcs(template.FuncMap{
		"clock": clock, "stamp": stamp, "iso": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"pool":  fleet.PoolName,
		"blank": func() row { return row{} },
		"pattern": func(p string) string {
			if p == "" {
				return "the whole fleet"
			}
			return p
		},
	}).ParseFS(web, "web/*.html"))
}
