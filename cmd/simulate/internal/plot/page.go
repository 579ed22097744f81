package plot

import (
	_ "embed"
	"text/template"
)

//go:embed page.svg.tmpl
var pageText string

// page is the template that draws a canvas.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"xml": template.HTMLEscapeString,
	"px":  number,
	"add": func(a, b int) int { return a + b },
	"sub": func(a, b int) int { return a - b },
}).Parse(pageText))
