package modelfile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrTooLarge says that a batch of Arrow data takes more than ArrowOptions.MemoryLimit.
var ErrTooLarge = errors.New("a batch takes more memory than allowed")

// errCompressed says that a compressed buffer is none.
var errCompressed = errors.New("a compressed buffer is damaged")

// zstdCodec is the number of the codec; the other, LZ4, has blocks of at most 8 MiB.
const zstdCodec = 1

// The window is what a zstd decoder keeps of what it has decoded. Frames say how large theirs is; writers take up to
// 8 MiB unless told otherwise.
const (
	minWindow = 8 << 20
	maxWindow = 128 << 20
)

// compressed is where the compressed buffers of a message stand in its body. The zero compressed has none.
type compressed struct {
	codec byte
	parts []block
}

// compression finds the compressed buffers of a batch.
func (m *metadata) compression(batch flatTable) compressed {
	c := m.table(m.slot(batch, 3))
	if c.at == 0 {
		return compressed{}
	}
	out := compressed{}
	if at := m.slot(c, 0); at != 0 {
		out.codec = m.bytes(at, 1)[0]
	}
	at, n := m.vector(m.slot(batch, 2), 16)
	for i := range n {
		out.parts = append(out.parts, block{m.int64(at + 16*i), m.int64(at + 16*i + 8)})
	}
	return out
}

// check makes sure that buffers expand to at most limit bytes in all (0: any number), and that decoding them takes no
// more. What is wrong with their contents the decoder finds.
func (c compressed) check(body []byte, limit int64) error {
	total, window := int64(0), int64(maxWindow)
	if limit > 0 {
		window = min(max(limit, minWindow), maxWindow)
	}
	for _, p := range c.parts {
		if p.body == 0 {
			continue
		}
		if p.offset < 0 || p.body < 8 || p.offset > int64(len(body)) || p.body > int64(len(body))-p.offset {
			return errCompressed
		}
		b := body[p.offset : p.offset+p.body]
		size := int64(binary.LittleEndian.Uint64(b))
		if b = b[8:]; size == -1 { // as it stands
			size = int64(len(b))
		} else if size >= 0 && c.codec == zstdCodec {
			if err := checkZstd(b, window); err != nil {
				return err
			}
		}
		if size < 0 {
			return errCompressed
		}
		if limit > 0 && size > limit-total {
			return ErrTooLarge
		}
		total += min(size, 1<<40)
	}
	return nil
}

// checkZstd looks at the headers of all frames in compressed bytes (RFC 8878): a decoder allocates the window that they
// ask for.
func checkZstd(b []byte, window int64) error {
	for len(b) > 0 {
		if len(b) < 8 {
			return errCompressed
		}
		magic := binary.LittleEndian.Uint32(b)
		if magic&^0xf == 0x184d2a50 { // a frame to be skipped
			size := int64(binary.LittleEndian.Uint32(b[4:])) + 8
			if size > int64(len(b)) {
				return errCompressed
			}
			b = b[size:]
			continue
		}
		if magic != 0xfd2fb528 {
			return errCompressed
		}
		f := b[4]
		b = b[5:]
		need, header := zstdHeader(f, b)
		if header > len(b) {
			return errCompressed
		}
		if need < 0 || need > window {
			return fmt.Errorf("%w: a compressed buffer asks for a window of %d bytes", ErrTooLarge, need)
		}
		if b = skipBlocks(b[header:], f&4 != 0); b == nil {
			return errCompressed
		}
	}
	return nil
}

// zstdHeader is the window that a frame asks for, and the length of its header after the descriptor f.
func zstdHeader(f byte, b []byte) (window int64, length int) {
	sizes := []int{0, 2, 4, 8}
	size, single := sizes[f>>6], f&0x20 != 0
	if single && size == 0 {
		size = 1
	}
	length = []int{0, 1, 2, 4}[f&3]
	if !single {
		length++
	}
	if length += size; length > len(b) {
		return 0, length
	}
	if !single {
		base := int64(1) << (10 + b[0]>>3)
		return base + base/8*int64(b[0]&7), length
	}
	var content [8]byte
	copy(content[:], b[length-size:length])
	window = int64(binary.LittleEndian.Uint64(content[:]))
	if size == 2 {
		window += 256
	}
	return window, length
}

// skipBlocks is what follows the blocks of a frame; nil where they do not end.
func skipBlocks(b []byte, checksum bool) []byte {
	for {
		if len(b) < 3 {
			return nil
		}
		h := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		size := h >> 3
		if h>>1&3 == 1 { // one byte, repeated
			size = 1
		}
		if size += 3; size > len(b) {
			return nil
		}
		b = b[size:]
		if h&1 != 0 {
			break
		}
	}
	if checksum {
		if len(b) < 4 {
			return nil
		}
		b = b[4:]
	}
	return b
}
