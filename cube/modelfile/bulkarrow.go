package modelfile

import (
	"bytes"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/cubeward/cubeward/cube"
)

// bulkArrow is bulk for a table of record batches.
func (l *loader) bulkArrow(at bulkTable, plan *bulkPlan, take func(*bulkRows) bool) (ok bool) {
	file, data, err := l.files.openHeld(at.location)
	if err != nil {
		return false
	}
	opened, problem := newArrow(at.shown, at.extension, file, data, at.reader)
	if problem != nil {
		l.refused = map[string]*cube.Error{at.rel: problem} // a reader is not asked twice for a table that it refused
		return false
	}
	defer opened.close()
	defer func() { // of a reader of damaged data
		if recover() != nil {
			ok = false
		}
	}()
	t := opened.(*arrowTable)
	if !plan.bind(t.names) {
		return false
	}
	for i, s := range plan.sinks {
		for ; s != nil; s = s.also {
			if t.want(i, s.kind) != nil {
				return false
			}
		}
	}
	p := &rowsParser{plan: plan}
	for {
		if err := t.advance(); err != nil {
			return false
		}
		if t.batch == nil {
			l.told.read(t.size)
			return true
		}
		rows := p.batch(t.batch) // not beside reading the next: what readers allocate with is theirs, and for one goroutine
		if t.rows -= t.batch.NumRows(); t.rows < 0 || !rows.ok || !take(&rows) {
			return false
		}
	}
}

// batch makes rows of a record batch.
func (p *rowsParser) batch(b arrow.RecordBatch) bulkRows {
	p.start(int(b.NumRows()))
	var feeds []feed
	for i, s := range p.columns {
		for ; s != nil; s = s.also {
			feeds = append(feeds, newFeed(b.Column(i), s))
		}
	}
	p.out.ok = p.fed(feeds, int(b.NumRows()))
	return p.result()
}

func (p *rowsParser) fed(feeds []feed, rows int) bool {
	for i := range rows {
		for _, f := range feeds {
			if !f(i) {
				return false
			}
		}
		if !p.end() {
			return false
		}
	}
	return true
}

// feed gives a sink value i of an array, and says whether it took it.
type feed func(i int) bool

// newFeed feeds the values of a decodable column.
func newFeed(column arrow.Array, s *sink) feed {
	value := newValueFeed(column, s)
	if column.NullN() == 0 {
		return value
	}
	return func(i int) bool {
		if column.IsNull(i) {
			return s.blank()
		}
		return value(i)
	}
}

func newValueFeed(column arrow.Array, s *sink) feed {
	switch a := column.(type) {
	case *array.Dictionary:
		if s.kind == cube.Item && !s.naming {
			return itemsFeed(a, s)
		}
		value := newFeed(a.Dictionary(), s)
		return func(i int) bool { return value(a.GetValueIndex(i)) }
	case *array.RunEndEncoded:
		value := newFeed(a.Values(), s)
		return func(i int) bool { return value(a.GetPhysicalIndex(i)) }
	case *array.String:
		if a.Len() == 0 { // it may have no offsets
			break
		}
		text, offsets := a.ValueBytes(), a.ValueOffsets()
		first := offsets[0]
		return func(i int) bool { return s.text8(text[offsets[i]-first : offsets[i+1]-first]) }
	case interface{ Value(int) string }:
		var buf []byte
		return func(i int) bool {
			buf = append(buf[:0], a.Value(i)...)
			return s.text8(buf)
		}
	}
	if s.kind == cube.Number {
		if read := numberDecoder(column); read != nil {
			return func(i int) bool { return s.finite(read(i)) }
		}
	}
	read := newValueDecoder(column, s.kind)
	return func(i int) bool {
		var f field
		read(i, &f)
		return s.field(&f)
	}
}

// itemsFeed looks each name of a dictionary up once.
func itemsFeed(a *array.Dictionary, s *sink) feed {
	value := newFeed(a.Dictionary(), s)
	known := make([]cube.ItemID, a.Dictionary().Len())
	for i := range known {
		known[i] = cube.NoItem
	}
	return func(i int) bool {
		code := a.GetValueIndex(i)
		if item := known[code]; item != cube.NoItem {
			s.set(item, "")
			return true
		}
		s.item, s.guess = cube.NoItem, ""
		ok := value(code)
		known[code] = s.item // of a name that the list has
		return ok
	}
}

// text8 takes a text of a table that has texts and BLANK.
func (s *sink) text8(text []byte) bool {
	if s.kind == cube.Item && !s.naming {
		if s.guess != "" && s.guess == string(text) {
			s.set(s.item, s.guess)
			return true
		}
		if id, ok := s.index.find(text); ok {
			s.set(id, s.index.name(id))
			return true
		}
	}
	switch {
	case !utf8.Valid(text):
		return false
	case s.kind == cube.Text:
		return s.text(text)
	case s.naming && len(bytes.TrimSpace(text)) == 0:
		return false
	}
	return s.take(text)
}

// finite takes a number, if it is one.
func (s *sink) finite(f float64) bool {
	return !math.IsNaN(f) && !math.IsInf(f, 0) && s.number(f)
}

// field takes a value of a table.
func (s *sink) field(f *field) bool {
	switch f.kind {
	case blankField:
		return s.blank()
	case textField:
		return s.text8([]byte(f.text))
	case numberField:
		return s.finite(f.number)
	case booleanField:
		return s.boolean(f.flag)
	}
	return f.days >= minDay && f.days <= maxDay && s.date(f.days)
}
