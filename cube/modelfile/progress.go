package modelfile

import (
	"os"
	"path/filepath"
)

// reportRows is after how many rows Options.Progress is told.
const reportRows = 1 << 13

// progress is how much of the tables was read. The nil progress tells nobody.
type progress struct {
	to          func(done, total int64)
	done, total int64 // in bytes
	last        int64 // what was told: a table that is read again is not told of twice
}

// expect finds out how much there is to read of the tables that the sources name. What it cannot find out it leaves to
// who reads them.
func (p *progress) expect(dir string, sources []*source) {
	if p == nil {
		return
	}
	for _, src := range sources {
		size := func(of *node) int64 {
			path := of.value("file")
			if path == nil {
				return 0
			}
			name := filepath.Join(filepath.Dir(src.at.rel), filepath.FromSlash(path.text))
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || !filepath.IsLocal(name) {
				return 0
			}
			return info.Size()
		}
		list := func(of *node) { // is read for its items, then for its properties
			p.total += size(of)
			if of.value("properties") != nil {
				p.total += size(of)
			}
		}
		if m := src.node.value("members"); m != nil {
			list(m)
		}
		for _, of := range src.node.values("lists") {
			list(of)
		}
		for _, of := range src.node.values("metrics") {
			p.total += size(of)
		}
		if r := src.node.value("user_roles"); r != nil && r.kind == mappingNode && r.fileForm() {
			p.total += size(r)
		}
	}
	p.tell(0)
}

// tell reports how much was read, with so many bytes of the table at hand.
func (p *progress) tell(of int64) {
	if p != nil {
		p.last = max(p.last, min(p.done+of, p.total))
		p.to(p.last, p.total)
	}
}

// end reports that all is read: what was expected and nobody needed, too.
func (p *progress) end() {
	if p != nil {
		p.done = p.total
		p.tell(0)
	}
}

// read adds a table that was read, or given up.
func (p *progress) read(size int64) {
	if p != nil {
		p.done += size
		p.tell(0)
	}
}
