package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"iter"
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

// writeRows writes results as a JSON array, one a line and one at a time: there may be millions. T is one of the rows
// of SPEC 6.
func writeRows[T any](w io.Writer, rows iter.Seq[T]) error {
	var failed error
	err := writeArray(w, func(yield func([]byte) bool) {
		for row := range rows {
			var one []byte
			if one, failed = encoded(row); failed != nil || !yield(one) {
				return
			}
		}
	})
	return cmp.Or(failed, err)
}

// encoded is a value as JSON in one line.
func encoded[T any](value T) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

// writeArray writes values that are JSON already as an array, one a line.
func writeArray(w io.Writer, values iter.Seq[[]byte]) error {
	buf := bufio.NewWriterSize(w, outBufferSize)
	sep, end := "[\n  ", "[]\n"
	for value := range values {
		if _, err := buf.WriteString(sep); err != nil {
			return err
		}
		if _, err := buf.Write(value); err != nil {
			return err
		}
		sep, end = ",\n  ", "\n]\n"
	}
	if _, err := buf.WriteString(end); err != nil {
		return err
	}
	return buf.Flush()
}
