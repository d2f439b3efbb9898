package board

import (
	"bytes"
	"context"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// Records are found by id and read by place, also those of a bundle that is not full.
func TestReadingRecords(t *testing.T) {
	o := simulate.New(t, simulate.Config{})
	for i := range uint64(300) {
		o.Time(simulate.Begin + 1 + i)
	}
	r, ctx := start(t, o), context.Background()
	r.settle()
	all := o.Log()
	size := r.Size()
	if size < uint64(len(all)) {
		t.Fatalf("size %d, want %d or more", size, len(all))
	}
	for _, x := range [][2]uint64{{0, 256}, {256, size}, {10, 20}, {0, 0}, {255, 256}} {
		ids, err := r.IDs(ctx, x[0], x[1])
		if err != nil || uint64(len(ids)) != x[1]-x[0] {
			t.Fatalf("%v: %d ids, %v", x, len(ids), err)
		}
		raws, err := r.Records(ctx, x[0], x[1])
		if err != nil || len(raws) != len(ids) {
			t.Fatalf("%v: %d records, %v", x, len(raws), err)
		}
		for i, raw := range raws {
			at := x[0] + uint64(i)
			if at < uint64(len(all)) && !bytes.Equal(raw, all[at]) {
				t.Fatalf("record %d is another", at)
			}
			if index, ok := r.Find(ids[i]); ids[i] != record.IDOf(raw) || !ok || index != at {
				t.Fatalf("record %d has id %s and is found at %d", at, ids[i], index)
			}
		}
	}
	if _, err := r.Records(ctx, size, size+1); err == nil {
		t.Error("a record beyond the end was read")
	}
	if _, err := r.IDs(ctx, size, size+1); err == nil {
		t.Error("an id beyond the end was read")
	}
	if _, ok := r.Find(record.ID{1}); ok {
		t.Error("a record was found that is not there")
	}
}
