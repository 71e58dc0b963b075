package store

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"
)

// magic begins every rights file. Its bytes are chosen so that what changes text on its way (line ends, the eighth
// bit) damages it.
const magic = "\x89CWR\r\n\x1a\n"

// Versions. A reader refuses files of a newer format. Decisions counts the changes of what rights mean: files of another
// one hold answers that a compilation would not give any more.
const (
	formatVersion    = 1
	decisionsVersion = 1
)

// Sizes of what stands before the sections.
const (
	headSize  = 32
	entrySize = 40
)

// kind is what a section holds. There is one section of most kinds; of some there is one for each list, application,
// expression or block, by its number. Readers pass over those from optional on that they do not know.
type kind uint16

const (
	runSection kind = 1 + iota
	inputsSection
	modelSection
	namesSection
	rolesSection
	planSection
	mappingSection
	valuesSection
	membersSection
	profilesSection
	setsSection

	optional       kind = 128
	digestsSection kind = optional
)

var kindNames = [...]string{"", "run", "inputs", "model", "names", "roles", "plan", "mapping", "values", "members", "profiles", "sets"}

func (k kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	if k == digestsSection {
		return "digests"
	}
	return fmt.Sprintf("kind %d", uint16(k))
}

// many says whether there may be several sections of a kind, told apart by number.
func (k kind) many() bool {
	return k == namesSection || k == rolesSection || k == mappingSection || k == valuesSection || k >= optional
}

// key names a section.
type key struct {
	kind   kind
	number uint32
}

func (k key) String() string {
	if k.kind.many() {
		return fmt.Sprintf("%s %d", k.kind, k.number)
	}
	return k.kind.String()
}

// section is an entry of the table: where a section stands, and what it is compressed to. Where raw is stored it is
// not compressed.
type section struct {
	key
	version uint16
	offset  uint64
	stored  uint64
	raw     uint64
	sum     uint64
}

// sectionVersion is the version of every section in this format.
const sectionVersion = 1

// The most that sections may hold together, raw: a file that claims more for its size is refused before anything is
// made for it, and Write compresses less where it has to.
const (
	freeRaw  = 4 << 20
	rawRatio = 256
)

// head is what stands first, with the checksum of itself and of the table.
func head(size uint64, table []section) []byte {
	out := make([]byte, headSize, headSize+entrySize*len(table))
	copy(out, magic)
	binary.LittleEndian.PutUint16(out[8:], formatVersion)
	binary.LittleEndian.PutUint16(out[10:], decisionsVersion)
	binary.LittleEndian.PutUint32(out[12:], uint32(len(table)))
	binary.LittleEndian.PutUint64(out[16:], size)
	for _, s := range table {
		out = binary.LittleEndian.AppendUint16(out, uint16(s.kind))
		out = binary.LittleEndian.AppendUint16(out, s.version)
		out = binary.LittleEndian.AppendUint32(out, s.number)
		out = binary.LittleEndian.AppendUint64(out, s.offset)
		out = binary.LittleEndian.AppendUint64(out, s.stored)
		out = binary.LittleEndian.AppendUint64(out, s.raw)
		out = binary.LittleEndian.AppendUint64(out, s.sum)
	}
	binary.LittleEndian.PutUint64(out[24:], headSum(out))
	return out
}

// headSum is the checksum of the header but for itself, and of the table behind it.
func headSum(head []byte) uint64 {
	h := xxh3.New()
	_, _ = h.Write(head[:24])
	_, _ = h.Write(head[headSize:])
	return h.Sum64()
}

// IsFile says whether the first bytes of a file, 8 or more, are those of a rights file.
func IsFile(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }

// firstSet is the number of the first set in rows of profiles; those before it are the empty and the full set.
const firstSet = 2
