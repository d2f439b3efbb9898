package fold

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"reflect"
	"slices"
	"strings"

	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/crypto/transcript"
)

// Digest hashes everything in the state but the tree, which every record changes whatever comes of it, and the faults found: two states with
// equal digests judge every record alike. It walks the fields by reflection, so that a field added later is covered without anybody thinking of it.
func (s *State) Digest() string {
	d := digester{h: sha256.New(), seen: make(map[uintptr]int)}
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; name {
		case "tree", "roots", "faults":
		case "opened":
			for _, id := range s.order {
				b, ok := s.opened.Load(id)
				d.tag(name, ok)
				if ok {
					d.value(reflect.ValueOf(b))
				}
			}
		default:
			d.tag(name, true)
			d.value(v.Field(i))
		}
	}
	return hex.EncodeToString(d.h.Sum(nil))
}

type digester struct {
	h    hash.Hash
	seen map[uintptr]int // pointers on the way down and before, numbered
}

func (d *digester) tag(name string, ok bool) {
	d.h.Write([]byte(name))
	d.number(uint64(len(name)))
	if ok {
		d.number(1)
	}
}

func (d *digester) number(n uint64) { d.h.Write(binary.BigEndian.AppendUint64(nil, n)) }

func (d *digester) value(v reflect.Value) {
	d.number(uint64(v.Kind()))
	switch v.Kind() {
	case reflect.Bool:
		d.tag("", v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.number(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		d.number(v.Uint())
	case reflect.String:
		d.tag(v.String(), true)
	case reflect.Array, reflect.Slice:
		d.list(v)
	case reflect.Struct:
		if pkg := v.Type().PkgPath(); pkg == "sync" || pkg == "sync/atomic" || strings.HasPrefix(pkg, "internal/") {
			return // whether something lazy was computed yet
		}
		if v.Type() == reflect.TypeFor[index]() {
			return // follows from the rows, in an order that differs from run to run
		}
		for i := range v.NumField() {
			d.value(v.Field(i))
		}
	case reflect.Map:
		d.mapping(v)
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if n, ok := d.seen[v.Pointer()]; ok {
			d.number(uint64(n))
			return
		}
		d.seen[v.Pointer()] = len(d.seen)
		if v.Type() == reflect.TypeFor[*transcript.Transcript]() {
			id := (*transcript.Transcript)(v.UnsafePointer()).ID("digest") // however it is buffered
			d.h.Write(id[:])
			return
		}
		d.value(v.Elem())
	case reflect.Interface:
		if !v.IsNil() {
			d.tag(v.Elem().Type().String(), true)
			d.value(v.Elem())
		}
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		// What these do does not change.
	default:
		panic("fold: digest of " + v.Kind().String())
	}
}

func (d *digester) list(v reflect.Value) {
	d.number(uint64(v.Len()))
	if v.Type().Elem().Kind() == reflect.Uint8 {
		if b, ok := bytesOf(v); ok {
			d.h.Write(b)
			return
		}
	}
	for i := range v.Len() {
		d.value(v.Index(i))
	}
}

func bytesOf(v reflect.Value) ([]byte, bool) {
	if v.Kind() == reflect.Slice || v.CanAddr() {
		return v.Bytes(), true
	}
	return nil, false
}

// mapping hashes the entries, sorted by the hashes of their keys. What is behind a map's values is not shared between them.
func (d *digester) mapping(v reflect.Value) {
	type entry struct {
		key   string
		value reflect.Value
	}
	var entries []entry
	for it := v.MapRange(); it.Next(); {
		k := digester{h: sha256.New(), seen: make(map[uintptr]int)}
		k.value(it.Key())
		entries = append(entries, entry{string(k.h.Sum(nil)), it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	d.number(uint64(len(entries)))
	for _, e := range entries {
		d.h.Write([]byte(e.key))
		d.value(e.value)
	}
}

// MixCheck returns what a record that completes a stage or a decryption was found to be, nil if it was not checked.
func MixCheck(p *Prepared) *tally.Checked { return p.mixed }

// CheckMixable is the check of a manifest by the number of voters.
var CheckMixable = checkMixable

// TallyDuties lists what is owed of a sealed vote, as if it were one by rules.
func TallyDuties(v *Vote) string {
	c := *v
	c.course = &course{rules: &record.Rules{}}
	d := duties{v: &c}
	d.tally()
	var out []string
	for _, o := range d.list {
		out = append(out, o.Code+" "+o.Who)
	}
	return strings.Join(out, ", ")
}
