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

// checkZstd makes sure that compressed bytes ask for no larger window.
func checkZstd(b []byte, window int64) error {
	need, _, err := ZstdNeeds(b)
	if err == nil && need > window {
		err = fmt.Errorf("%w: a compressed buffer asks for a window of %d bytes", ErrTooLarge, need)
	}
	return err
}

// ZstdNeeds is what decoding zstd frames takes, by their own headers (RFC 8878), before anything is decoded: the largest
// window, which a decoder allocates, and the most bytes that they can expand to. It fails where the bytes are no whole
// frames.
func ZstdNeeds(b []byte) (window, size int64, err error) {
	for len(b) > 0 {
		if len(b) < 8 {
			return 0, 0, errCompressed
		}
		magic := binary.LittleEndian.Uint32(b)
		if magic&^0xf == 0x184d2a50 { // a frame to be skipped
			skip := int64(binary.LittleEndian.Uint32(b[4:])) + 8
			if skip > int64(len(b)) {
				return 0, 0, errCompressed
			}
			b = b[skip:]
			continue
		}
		if magic != 0xfd2fb528 {
			return 0, 0, errCompressed
		}
		f := b[4]
		b = b[5:]
		need, content, header := zstdHeader(f, b)
		if header > len(b) {
			return 0, 0, errCompressed
		}
		rest, most := zstdBlocks(b[header:], f&4 != 0, min(need, maxZstdBlock))
		if rest == nil {
			return 0, 0, errCompressed
		}
		if content >= 0 { // decoders hold the frame to it
			most = content
		}
		window, size, b = max(window, need), min(size, 1<<62)+most, rest
	}
	return window, size, nil
}

// zstdHeader is the window that a frame asks for, how much it says to hold (-1: it does not say), and the length of its
// header after the descriptor f.
func zstdHeader(f byte, b []byte) (window, content int64, length int) {
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
		return 0, -1, length
	}
	content = -1
	if size > 0 {
		var text [8]byte
		copy(text[:], b[length-size:length])
		content = int64(min(binary.LittleEndian.Uint64(text[:]), 1<<62))
		if size == 2 {
			content += 256
		}
	}
	if single {
		return content, content, length
	}
	base := int64(1) << (10 + b[0]>>3)
	return base + base/8*int64(b[0]&7), content, length
}

// maxZstdBlock is the most that a block of a frame expands to, where its window is not smaller.
const maxZstdBlock = 128 << 10

// zstdBlocks is what follows the blocks of a frame, nil where they do not end, and the most that they expand to, a
// compressed one to block bytes.
func zstdBlocks(b []byte, checksum bool, block int64) (rest []byte, most int64) {
	for {
		if len(b) < 3 {
			return nil, 0
		}
		h := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		size := h >> 3
		switch h >> 1 & 3 {
		case 0: // as it stands
			most += int64(size)
		case 1: // one byte, repeated
			most += int64(size)
			size = 1
		default:
			most += block
		}
		if size += 3; size > len(b) {
			return nil, 0
		}
		b = b[size:]
		if h&1 != 0 {
			break
		}
	}
	if checksum {
		if len(b) < 4 {
			return nil, 0
		}
		b = b[4:]
	}
	return b, most
}
