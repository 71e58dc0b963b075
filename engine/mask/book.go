package mask

import (
	"math/bits"
	"math/rand/v2"
)

// book remembers which codes texts have: open addressing, sparsely filled, by a hash of all their bytes. Texts of up to 32
// bytes stand in it whole; of a longer one the item has the rest, and longer ones that are no items are not remembered. So what
// a book says depends on nothing but the texts, and it serves all batches of a Masker, one goroutine at a time.
type book struct {
	lookup  *lookup
	seed    [4]uint64
	slots   []uint64 // a power of two: half of a hash, then the number of an entry and one; 0 where there is none
	entries []bookEntry
	page    page
	limit   int
}

// bookKey is a text: the first and the last eight bytes, and the eight behind and before those, as far as it has them,
// which is all of a text of up to 32 bytes; and its length.
type bookKey struct{ head, tail, second, last, size uint64 }

type bookEntry struct {
	key  bookKey
	code uint32
}

// Bounds of books. Texts that find no place within bookProbes slots are looked up as if there were no book, so that no
// choice of texts makes it slow.
const (
	bookStart  = 1 << 8 // slots
	bookFill   = 4      // slots by entry
	bookLimit  = 1 << 16
	bookProbes = 8
	bookWhole  = 32 // bytes of the longest text that stands in its entry
)

func newBook(lk *lookup) *book {
	b := &book{lookup: lk, slots: make([]uint64, bookStart), limit: min(bookLimit, lk.list.Len()+1024)}
	for i := range b.seed {
		b.seed[i] = rand.Uint64()
	}
	return b
}

// bookBlock is how many texts go through a book at a time.
const bookBlock = 64

// page is the keys and hashes of a block of texts.
type page struct {
	keys   [bookBlock]bookKey
	hashes [bookBlock]uint64
}

// codes writes the codes of up to a block of texts. The steps are loops of their own: in one, most of the time would be taken by
// what does not fit into registers.
func (b *book) codes(out []uint32, texts []string) {
	p := &b.page
	p.read(b, texts)
	mask := len(b.slots) - 1
	for i := range out {
		s := b.slots[int(p.hashes[i]>>32)&mask]
		if uint32(s>>32) == uint32(p.hashes[i]) && s != 0 {
			k, e := &p.keys[i], &b.entries[uint32(s)-1]
			if (k.head^e.key.head)|(k.tail^e.key.tail)|(k.second^e.key.second)|(k.last^e.key.last)|(k.size^e.key.size) == 0 &&
				(k.size <= bookWhole || b.isItem(e.code, texts[i])) {
				out[i] = e.code
				continue
			}
		}
		out[i] = b.search(&p.keys[i], p.hashes[i], texts[i])
		mask = len(b.slots) - 1
	}
}

// read fills the page.
func (p *page) read(b *book, texts []string) {
	s0, s1, s2, s3 := b.seed[0], b.seed[1], b.seed[2], b.seed[3]
	for i, text := range texts {
		k := &p.keys[i]
		n := len(text)
		if n < 8 {
			*k = bookKey{head: packShort(text), size: uint64(n)}
			hi, lo := bits.Mul64(k.head^s0, s1^uint64(n))
			p.hashes[i] = hi ^ lo
			continue
		}
		head, tail := eight(text, 0), eight(text, n-8)
		k.head, k.tail, k.size = head, tail, uint64(n)
		hi, lo := bits.Mul64(head^s0, tail^s1^uint64(n))
		h := hi ^ lo
		if n <= 16 {
			k.second, k.last, p.hashes[i] = 0, 0, h
			continue
		}
		second, last := eight(text, 8), eight(text, n-16)
		k.second, k.last = second, last
		hi, lo = bits.Mul64(second^s2, last^s3)
		if h ^= hi ^ lo; n > bookWhole {
			h = b.middle(text, h)
		}
		p.hashes[i] = h
	}
}

// search looks for a text past the first slot that its hash leads to, and looks it up where the book does not hold it.
func (b *book) search(k *bookKey, h uint64, text string) uint32 {
	at, mask := int(h>>32), len(b.slots)-1
	for range bookProbes {
		s := b.slots[at&mask]
		if s == 0 {
			return b.find(k, h, text, at&mask)
		}
		if uint32(s>>32) == uint32(h) {
			if e := &b.entries[uint32(s)-1]; e.key == *k && (k.size <= bookWhole || b.isItem(e.code, text)) {
				return e.code
			}
		}
		at++
	}
	return b.find(k, h, text, -1)
}

// packShort is all of a text of up to seven bytes, given its length.
func packShort(text string) uint64 {
	switch n := len(text); {
	case n >= 4:
		return four(text, 0) | four(text, n-4)<<32
	case n > 0:
		return uint64(text[0]) | uint64(text[n>>1])<<8 | uint64(text[n-1])<<16
	}
	return 0
}

// isItem says whether a text is the name of the item with the code.
func (b *book) isItem(code uint32, text string) bool {
	return int(code) < b.lookup.list.Len() && b.lookup.list.Item(itemOf(code)) == text
}

// middle mixes what lies between the first and the last sixteen bytes into a hash.
func (b *book) middle(text string, h uint64) uint64 {
	for at := 16; at+16 < len(text); at += 16 {
		hi, lo := bits.Mul64(eight(text, at)^b.seed[0], eight(text, at+8)^h)
		h = hi ^ lo
	}
	return h
}

// find looks a text up that the book does not hold, and notes it in a free slot, where there is one.
func (b *book) find(k *bookKey, h uint64, text string, slot int) uint32 {
	code := uint32(b.lookup.list.Len() + unknownSlot)
	if item := b.lookup.text(text); item >= 0 {
		code = uint32(item)
	} else if k.size > bookWhole {
		return code
	}
	if slot < 0 || len(b.entries) == b.limit {
		return code
	}
	if bookFill*len(b.entries) >= len(b.slots) { // What is asked again comes back.
		b.slots, b.entries = make([]uint64, 4*len(b.slots)), nil
		return code
	}
	b.entries = append(b.entries, bookEntry{*k, code})
	b.slots[slot] = h<<32 | uint64(len(b.entries))
	return code
}
