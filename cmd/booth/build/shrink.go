package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// A module of WebAssembly is a header of 8 bytes and sections: an id, a length, contents (WebAssembly Core Specification §5.5).
const (
	headerSize  = 8
	dataSection = 11
)

// shrink makes a module smaller without changing what it does. Go's linker writes initial memory as tens of thousands of pieces, and with
// it, for each function, tables of files and line numbers that only traces of failures print. Here the pieces become a few, and the tables
// zeros, which compress to nothing, and so do the names of functions. Code is not touched. A trace of a shrunk program says little; a panic's
// own words are as before.
func shrink(module []byte) ([]byte, error) {
	from, to, err := find(module, dataSection)
	if err != nil {
		return nil, err
	}
	memory, pieces, err := parseData(module[from.contents:to])
	if err != nil {
		return nil, err
	}
	if err := dropLines(memory); err != nil {
		return nil, err
	}
	data := encodeData(memory, merge(pieces))
	out := slices.Clone(module[:from.start])
	out = append(out, dataSection)
	out = binary.AppendUvarint(out, uint64(len(data)))
	out = append(out, data...)
	return append(out, module[to:]...), nil
}

// A section is where one begins, and where its contents do.
type section struct{ start, contents int }

// find returns the one section with an id, and its end.
func find(module []byte, id byte) (section, int, error) {
	for at := headerSize; at < len(module); {
		length, n := binary.Uvarint(module[at+1:])
		contents := at + 1 + n
		end := contents + int(length)
		if n <= 0 || end > len(module) {
			break
		}
		if module[at] == id {
			return section{at, contents}, end, nil
		}
		at = end
	}
	return section{}, 0, fmt.Errorf("the module has no section %d", id)
}

// A piece is a part of memory that is not zero from the beginning.
type piece struct{ from, to int }

var errData = errors.New("the data section is not as Go's linker writes it")

// parseData returns the initial memory, and the pieces of it that the section has: each a flag 0, the address as an expression
// i32.const … end, and bytes (WebAssembly §5.5.14).
func parseData(b []byte) ([]byte, []piece, error) {
	count, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, nil, errData
	}
	b = b[n:]
	type chunk struct {
		at    int
		bytes []byte
	}
	var chunks []chunk
	size := 0
	for range count {
		if len(b) < 2 || b[0] != 0 || b[1] != 0x41 {
			return nil, nil, errData
		}
		at, n := signed(b[2:])
		b = b[2+n:]
		if n == 0 || len(b) == 0 || b[0] != 0x0b {
			return nil, nil, errData
		}
		length, m := binary.Uvarint(b[1:])
		if m <= 0 || at < 0 || uint64(len(b)) < 1+uint64(m)+length {
			return nil, nil, errData
		}
		content := b[1+m : 1+m+int(length)]
		b = b[1+m+int(length):]
		chunks = append(chunks, chunk{at, content})
		size = max(size, at+len(content))
	}
	if len(b) > 0 {
		return nil, nil, errData
	}
	slices.SortFunc(chunks, func(a, b chunk) int { return cmp.Compare(a.at, b.at) })
	memory := make([]byte, size)
	pieces := make([]piece, len(chunks))
	for i, c := range chunks {
		if i > 0 && c.at < pieces[i-1].to {
			return nil, nil, errData
		}
		copy(memory[c.at:], c.bytes)
		pieces[i] = piece{c.at, c.at + len(c.bytes)}
	}
	return memory, pieces, nil
}

// signed reads a signed LEB128 number; its length is 0 if there is none.
func signed(b []byte) (value, n int) {
	for shift := 0; n < len(b) && n < 10; {
		c := b[n]
		value |= int(c&0x7f) << shift
		shift += 7
		n++
		if c&0x80 == 0 {
			if c&0x40 != 0 {
				value |= -1 << shift
			}
			return value, n
		}
	}
	return 0, 0
}

func appendSigned(b []byte, v int) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

// gap is how many zeros between two pieces are rather written than skipped.
const gap = 256

func merge(pieces []piece) []piece {
	var out []piece
	for _, p := range pieces {
		if n := len(out); n > 0 && p.from-out[n-1].to < gap {
			out[n-1].to = p.to
		} else {
			out = append(out, p)
		}
	}
	return out
}

func encodeData(memory []byte, pieces []piece) []byte {
	b := binary.AppendUvarint(nil, uint64(len(pieces)))
	for _, p := range pieces {
		b = append(b, 0, 0x41)
		b = appendSigned(b, p.from)
		b = append(b, 0x0b)
		b = binary.AppendUvarint(b, uint64(p.to-p.from))
		b = append(b, memory[p.from:p.to]...)
	}
	return b
}

// The table of functions (pclntab) as Go 1.20 and later write it: see runtime/symtab.go, pcHeader, and runtime/runtime2.go, _func. Numbers are
// little-endian; an offset 0 into the tables of program counters means that there is no table.
var lineMagic = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

const (
	headFunctions = 8  // how many functions
	headNames     = 32 // offsets from the head: of the names of functions,
	headUnits     = 40 // of the units of compilation and of the names of files,
	headCounters  = 56 // of the tables of program counters,
	headTable     = 64 // and of the functions

	funcName     = 4  // offset of the name
	funcFile     = 20 // of the table of files
	funcLine     = 24 // of line numbers
	funcTables   = 28 // how many other tables
	funcUnit     = 32
	funcStart    = 36 // the first line
	funcData     = 43 // how many things else
	funcSize     = 44 // then come the offsets of the other tables
	tableInlined = 2  // which of these is the table of inlined calls
	dataInlined  = 3  // and which of the things else is what it refers to
)

// dropLines takes from the table of functions what only traces need: names, files, lines, and calls that were inlined.
func dropLines(memory []byte) error {
	le := binary.LittleEndian
	head := bytes.Index(memory, lineMagic)
	if head < 0 || bytes.Contains(memory[head+1:], lineMagic) {
		return errors.New("there is no table of functions as this release of Go writes it")
	}
	functions := int(le.Uint64(memory[head+headFunctions:]))
	names := head + int(le.Uint64(memory[head+headNames:]))
	units := head + int(le.Uint64(memory[head+headUnits:]))
	counters := head + int(le.Uint64(memory[head+headCounters:]))
	table := head + int(le.Uint64(memory[head+headTable:]))
	if functions < 1 || functions > 1<<20 || names >= units || units > counters || counters > table || table+8*functions > len(memory) {
		return errors.New("the table of functions is not as this release of Go writes it")
	}
	kept, dropped := make(map[uint32]bool), make(map[uint32]bool)
	for i := range functions {
		f := table + int(le.Uint32(memory[table+8*i+4:]))
		others, things := int(le.Uint32(memory[f+funcTables:])), int(memory[f+funcData])
		kept[le.Uint32(memory[f+funcFile-4:])] = true // the depth of the stack
		for j := range others {
			at := f + funcSize + 4*j
			if j == tableInlined && things > dataInlined {
				dropped[le.Uint32(memory[at:])] = true
				le.PutUint32(memory[at:], 0)
				continue
			}
			kept[le.Uint32(memory[at:])] = true
		}
		if things > dataInlined {
			le.PutUint32(memory[f+funcSize+4*others+4*dataInlined:], ^uint32(0))
		}
		for _, at := range []int{f + funcFile, f + funcLine} {
			dropped[le.Uint32(memory[at:])] = true
			le.PutUint32(memory[at:], 0)
		}
		le.PutUint32(memory[f+funcName:], 0)
		le.PutUint32(memory[f+funcUnit:], ^uint32(0))
		le.PutUint32(memory[f+funcStart:], 0)
	}
	for offset := range dropped {
		if offset != 0 && !kept[offset] {
			from := counters + int(offset)
			clear(memory[from : from+tableLength(memory[from:])])
		}
	}
	clear(memory[names:counters])
	return nil
}

// tableLength is how many bytes a table of program counters has: pairs of numbers, until a first one of zero.
func tableLength(b []byte) int {
	at := 0
	for at == 0 || b[at] != 0 {
		for range 2 {
			_, n := binary.Uvarint(b[at:])
			at += n
		}
	}
	return at + 1
}
