package arrow17

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/endian"
	arrow17 "github.com/apache/arrow/go/v17/arrow"
	endian17 "github.com/apache/arrow/go/v17/arrow/endian"
)

// SchemaFromV17 is a schema of v17 for v18, with its metadata.
func SchemaFromV17(s *arrow17.Schema) (out *arrow.Schema, err error) {
	err = guard(func() error {
		if s == nil {
			return errors.New("no schema")
		}
		fields, err := fieldsFromV17(s.Fields())
		if err != nil {
			return err
		}
		md, order := s.Metadata(), endian.NativeEndian
		if !s.IsNativeEndian() {
			order = endian.NonNativeEndian
		}
		kept := arrow.NewMetadata(md.Keys(), md.Values())
		out = arrow.NewSchemaWithEndian(fields, &kept, order)
		return nil
	})
	return out, err
}

// SchemaToV17 is a schema of v18 for v17, with its metadata. It fails where v17 lacks a type.
func SchemaToV17(s *arrow.Schema) (out *arrow17.Schema, err error) {
	err = guard(func() error {
		if s == nil {
			return errors.New("no schema")
		}
		fields, err := fieldsToV17(s.Fields())
		if err != nil {
			return err
		}
		md, order := s.Metadata(), endian17.NativeEndian
		if !s.IsNativeEndian() {
			order = endian17.NonNativeEndian
		}
		kept := arrow17.NewMetadata(md.Keys(), md.Values())
		out = arrow17.NewSchemaWithEndian(fields, &kept, order)
		return nil
	})
	return out, err
}

// guard makes errors of panics, which types and arrays that contradict themselves set off in both libraries.
func guard(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			err = fmt.Errorf("arrow17: %w", err)
		}
	}()
	return call()
}
