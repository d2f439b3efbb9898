//go:build !voting

package cast

import "mandate/ballot/record"

// Decode makes checks 1 and 5 of SPEC.md §10.4 only: for a ballot of which somebody else has made checks 6 and 7, whom the caller trusts with
// them. Its fault is nil if they hold.
func (f *Form) Decode(ctx Context, rec *record.Record) (*Checked, *Fault) {
	checked, _, bad := f.decode(&ctx, rec)
	if bad != nil {
		return nil, bad
	}
	return checked, nil
}
