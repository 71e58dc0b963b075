package main

import (
	"bytes"
	"encoding/json"
	"io"
)

// writeJSON writes a result as indented JSON, whole or not at all. T is one of the results of SPEC 6.
func writeJSON[T any](w io.Writer, result T) error {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(result); err != nil {
		return failed(err)
	}
	_, err := w.Write(buf.Bytes())
	return failed(err)
}
