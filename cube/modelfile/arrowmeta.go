package modelfile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The limits on the schema of a table. They are far above what tables have, and below what takes long.
const (
	maxFields     = 1 << 16
	maxFieldDepth = 60
)

// The kinds of IPC messages.
const (
	schemaMessage     = 1
	dictionaryMessage = 2
	batchMessage      = 3
)

// The types of fields that matter here: unionType has a vector, of the ids of its children, and columns of views have a
// number of buffers that each batch says.
const (
	unionType      = 14
	binaryViewType = 23
	textViewType   = 24
)

// errMetadata says that the metadata of an IPC message point out of themselves.
var errMetadata = errors.New("the metadata of a message are damaged")

// metadata is the flatbuffer of an IPC message, which nobody has checked. The reader of arrow-go allocates what the
// counts in it say, and running out of memory cannot be recovered from: so each count is compared with the bytes there
// are before the reader sees it. Positions past the end read as zero and mark the metadata as damaged.
type metadata struct {
	*views
	b       []byte
	fields  int
	damaged bool
}

// views is how many columns of views the batches of a schema have, and its dictionaries by their id.
type views struct {
	batch        int
	dictionaries map[int64]int
}

// flatTable is where a table of the flatbuffer and its list of slots stand; the zero flatTable is an absent one.
type flatTable struct{ at, slots, size int }

func (m *metadata) bytes(at, n int) []byte {
	if at < 0 || n < 0 || at > len(m.b)-n {
		m.damaged = true
		return make([]byte, 8)
	}
	return m.b[at : at+n]
}

func (m *metadata) uint32(at int) int { return int(binary.LittleEndian.Uint32(m.bytes(at, 4))) }

func (m *metadata) int64(at int) int64 { return int64(binary.LittleEndian.Uint64(m.bytes(at, 8))) }

// table is the table that the offset at a position leads to.
func (m *metadata) table(offset int) flatTable {
	if offset == 0 {
		return flatTable{}
	}
	at := offset + m.uint32(offset)
	slots := at - int(int32(m.uint32(at)))
	return flatTable{at, slots, int(binary.LittleEndian.Uint16(m.bytes(slots, 2)))}
}

func (m *metadata) root() flatTable {
	at := m.uint32(0)
	slots := at - int(int32(m.uint32(at)))
	return flatTable{at, slots, int(binary.LittleEndian.Uint16(m.bytes(slots, 2)))}
}

// slot is the position of a table's field, 0 where it is absent.
func (m *metadata) slot(t flatTable, i int) int {
	at := 4 + 2*i
	if t.at == 0 || at >= t.size {
		return 0
	}
	offset := int(binary.LittleEndian.Uint16(m.bytes(t.slots+at, 2)))
	if offset == 0 {
		return 0
	}
	return t.at + offset
}

// vector is the first element of the vector that the offset at a position leads to, and how many there are: as many
// as fit into the bytes.
func (m *metadata) vector(offset, size int) (at, n int) {
	if offset == 0 {
		return 0, 0
	}
	at = offset + m.uint32(offset)
	n = m.uint32(at)
	m.bytes(at+4, n*size)
	if m.damaged {
		return 0, 0
	}
	return at + 4, n
}

// checkMessage checks the metadata of a message and is the length of its body, and what of that is compressed. v is that
// of the messages before.
func (v *views) checkMessage(b []byte) (body int64, c compressed, err error) {
	m := &metadata{views: v, b: b}
	root := m.root()
	kind := 0
	if at := m.slot(root, 1); at != 0 {
		kind = int(m.bytes(at, 1)[0])
	}
	if at := m.slot(root, 3); at != 0 {
		body = m.int64(at)
	}
	m.vector(m.slot(root, 4), 4)
	header := m.table(m.slot(root, 2))
	switch {
	case header.at == 0:
		return 0, c, errMetadata
	case kind == schemaMessage:
		m.vector(m.slot(header, 2), 4)
		m.dictionaries = map[int64]int{}
		m.batch, err = m.checkFields(m.slot(header, 1), 0)
	case kind == dictionaryMessage:
		batch := m.table(m.slot(header, 1))
		m.checkBatch(batch, m.dictionaries[m.id(header)])
		c = m.compression(batch)
	case kind == batchMessage:
		m.checkBatch(header, m.batch)
		c = m.compression(header)
	default:
		return 0, c, fmt.Errorf("message of an unknown kind %d", kind)
	}
	if err == nil && (m.damaged || body < 0) {
		err = errMetadata
	}
	return body, c, err
}

// id is the id of a dictionary, which stands in the first slot of its table.
func (m *metadata) id(t flatTable) int64 {
	if at := m.slot(t, 0); at != 0 {
		return m.int64(at)
	}
	return 0
}

// checkFields checks the fields that a vector leads to, and theirs, and counts their columns of views. Vectors may
// share fields, so that few bytes are many fields: they are counted as often as they are reached.
func (m *metadata) checkFields(offset, depth int) (views int, err error) {
	at, n := m.vector(offset, 4)
	if m.fields += n; m.fields > maxFields || depth > maxFieldDepth {
		return 0, fmt.Errorf("the schema has more than %d fields, or nests them deeper than %d", maxFields, maxFieldDepth)
	}
	for i := range n {
		field := m.table(at + 4*i)
		m.vector(m.slot(field, 6), 4)
		own, err := m.checkFields(m.slot(field, 5), depth+1)
		if err != nil {
			return 0, err
		}
		if kind := m.slot(field, 2); kind != 0 {
			switch m.bytes(kind, 1)[0] {
			case unionType:
				m.vector(m.slot(m.table(m.slot(field, 3)), 1), 4)
			case binaryViewType, textViewType:
				own++
			}
		}
		if encoding := m.table(m.slot(field, 4)); encoding.at != 0 {
			// The values stand in the messages of the dictionary.
			id := m.id(encoding)
			m.dictionaries[id] = max(m.dictionaries[id], own)
			own = 0
		}
		views += own
	}
	return views, nil
}

// checkBatch checks the counts of a record batch. The reader looks up one count for each column of views, whether
// there is one or not.
func (m *metadata) checkBatch(batch flatTable, views int) {
	m.vector(m.slot(batch, 1), 16)
	_, buffers := m.vector(m.slot(batch, 2), 16)
	at, n := m.vector(m.slot(batch, 4), 8)
	m.damaged = m.damaged || n < views
	for i := range n {
		if count := m.int64(at + 8*i); count < 0 || count > int64(buffers) {
			m.damaged = true
		}
	}
}

// block is where a message stands in an IPC file.
type block struct{ offset, body int64 }

// checkFooter reads the blocks of the dictionaries and batches of an IPC file.
func checkFooter(b []byte) ([]block, error) {
	m := &metadata{b: b}
	root := m.root()
	var blocks []block
	for _, slot := range []int{2, 3} {
		at, n := m.vector(m.slot(root, slot), 24)
		for i := range n {
			blocks = append(blocks, block{m.int64(at + 24*i), m.int64(at + 24*i + 16)})
		}
	}
	if m.damaged {
		return nil, errMetadata
	}
	return blocks, nil
}
