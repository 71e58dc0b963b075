package modelfile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// partSize is how much of a CSV file is read, hashed and parsed at once: it stays in the caches of a processor.
const partSize = 128 << 10

// textPart is whole rows of a CSV file: bytes that follow those of the part before.
type textPart struct {
	text  []byte // as the file has it; spareText more bytes can be looked at
	rows  []byte // what of it is rows, with a line feed at the end
	users atomic.Int32
}

// partReader cuts a CSV file into parts.
type partReader struct {
	from  io.Reader
	part  int    // how much to read at once, if rows are not longer
	rest  []byte // was read behind the last part
	size  int64  // what was read
	ended bool
}

// next reads a part into memory that may be used; the part is empty at the end.
func (r *partReader) next(p *textPart) error {
	b := append(p.text[:0], r.rest...)
	for {
		if room := r.part + spareText + 1; cap(b) < room || len(b) >= cap(b)-spareText-1 {
			b = append(make([]byte, 0, max(2*cap(b), len(b)+room)), b...)
		}
		if !r.ended {
			n, err := r.from.Read(b[len(b) : cap(b)-spareText-1])
			b, r.size = b[:len(b)+n], r.size+int64(n)
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			r.ended = err != nil
		}
		if r.ended {
			p.text, p.rows, r.rest = b, b, r.rest[:0]
			if len(b) > 0 && b[len(b)-1] != '\n' {
				p.rows = append(b, '\n')
			}
			return nil
		}
		if len(b) < cap(b)-spareText-1 && len(b) < r.part/2 {
			continue
		}
		if end := lastRow(b); end > 0 {
			r.rest = append(r.rest[:0], b[end:]...)
			p.text, p.rows = b[:end], b[:end]
			return nil
		}
	}
}

// lastRow is where the last whole row of b ends, 0 where there is none. Rows of CSV hold an even number of quotes, so
// where an odd number of them stands before a line feed it is within quotes; where that is wrong, so is the CSV, and
// that before this place.
func lastRow(b []byte) int {
	odd := bytes.Count(b, []byte{'"'})%2 != 0
	for end := len(b); ; {
		at := bytes.LastIndexByte(b[:end], '\n')
		if at < 0 {
			return 0
		}
		odd = odd != (bytes.Count(b[at:end], []byte{'"'})%2 != 0)
		if !odd {
			return at + 1
		}
		end = at
	}
}

// bulkCSV is bulk for a CSV file.
func (l *loader) bulkCSV(at location, plan *bulkPlan, take func(*bulkRows) bool) bool {
	file, size, err := l.files.open(at.rel)
	if err != nil {
		return false
	}
	defer file.Close()
	b := &bulkReader{plan: plan, from: partReader{from: file, part: l.part}, take: take, told: func(n int64) { l.told.tell(min(n, size)) }}
	b.workers = l.opt.Workers
	if b.workers <= 0 {
		b.workers = runtime.GOMAXPROCS(0)
	}
	b.workers = min(b.workers, int(size/int64(l.part))+1)
	sum := sha256.New()
	if l.files.inputs != nil {
		b.hash = func(text []byte) { sum.Write(text) }
	}
	if !b.read() {
		return false
	}
	if l.files.inputs != nil {
		l.files.inputs.keep(sumOf(at, b.from.size, sum.Sum(nil)), nil)
	}
	l.told.read(size)
	return true
}

// bulkReader reads the parts of a file in turn, and has them hashed in turn and parsed by several goroutines.
type bulkReader struct {
	plan    *bulkPlan
	from    partReader
	take    func(*bulkRows) bool
	told    func(read int64)
	hash    func([]byte) // nil where nobody asks for the digest
	workers int

	free    chan *textPart // what no one uses
	work    chan *bulkTask
	hashing chan *textPart
	running sync.WaitGroup
	pending []*bulkTask // in the order of the file
	started int
}

// bulkTask is a part to be parsed.
type bulkTask struct {
	part *textPart
	rows bulkRows
	done chan struct{}
	end  int64 // how much of the file was read by then
}

func (b *bulkReader) read() bool {
	parts := 2*b.workers + 2
	b.free, b.work, b.hashing = make(chan *textPart, parts), make(chan *bulkTask, parts), make(chan *textPart, parts)
	for range parts {
		b.free <- &textPart{}
	}
	if b.hash != nil {
		b.running.Go(func() {
			for p := range b.hashing {
				b.hash(p.text)
				b.release(p)
			}
		})
	}
	ok := b.parts()
	close(b.hashing)
	close(b.work)
	b.running.Wait()
	return ok
}

// release gives the memory of a part back once nobody uses it.
func (b *bulkReader) release(p *textPart) {
	if p.users.Add(-1) == 0 {
		b.free <- p
	}
}

// parts reads all parts.
func (b *bulkReader) parts() bool {
	mine := &rowsParser{plan: b.plan}
	for first := true; ; first = false {
		part := <-b.free
		if err := b.from.next(part); err != nil || first && !b.header(mine, part) {
			return false
		}
		if len(part.text) == 0 {
			return b.settle(0)
		}
		part.users.Store(1)
		if b.hash != nil {
			part.users.Store(2)
			b.hashing <- part
		}
		t := &bulkTask{part: part, done: make(chan struct{}), end: b.from.size}
		b.pending = append(b.pending, t)
		if b.workers == 1 {
			b.parse(mine, t)
		} else {
			b.start(t)
		}
		if !b.settle(4 * b.workers) {
			return false
		}
	}
}

// header reads the names of the columns in the first part.
func (b *bulkReader) header(p *rowsParser, part *textPart) bool {
	rows := bytes.TrimPrefix(part.rows, []byte("\ufeff"))
	names, next := p.headerOf(rows)
	if next < 0 || !utf8.Valid(rows[:next]) || !b.plan.bind(names) {
		return false
	}
	part.rows = rows[next:]
	return true
}

// start has a task parsed by another goroutine.
func (b *bulkReader) start(t *bulkTask) {
	if b.started < b.workers {
		b.started++
		b.running.Go(func() {
			p := &rowsParser{plan: b.plan}
			for t := range b.work {
				b.parse(p, t)
			}
		})
	}
	b.work <- t
}

func (b *bulkReader) parse(p *rowsParser, t *bulkTask) {
	t.rows = p.parse(t.part.rows)
	b.release(t.part)
	t.part = nil
	close(t.done)
}

// settle takes what was parsed in the order of the file, and waits for it until at most so many parts are pending.
func (b *bulkReader) settle(most int) bool {
	for len(b.pending) > 0 {
		t := b.pending[0]
		select {
		case <-t.done:
		default:
			if len(b.pending) <= most {
				return true
			}
			<-t.done
		}
		if !t.rows.ok || !b.take(&t.rows) {
			return false
		}
		b.told(t.end)
		b.pending = b.pending[1:]
	}
	return true
}
