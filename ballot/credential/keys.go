package credential

import (
	"fmt"

	"mandate/ballot/record"
	"mandate/crypto/blind"
	"mandate/crypto/transcript"
)

// CardKeys names all keys for the cards of a round: for each slot in order those of all registrars in order. A member's client says with a
// request what the board has shown it, and a registrar, which has read the whole log, refuses what differs: so a board cannot show one member a
// key of its own choosing, with which a registrar would know the credential again, unless all registrars are in it (SPEC.md §10.1.4). It
// is an error if a key is missing.
//
// It is ID("card keys") of T("mandate/v1 card keys"; bytes round; for each slot: integer slot; bytes modulus of each registrar, 256 bytes).
func CardKeys(round record.ID, slots [][]*blind.PublicKey) (record.ID, error) {
	if len(slots) < 1 || len(slots) > record.MaxSlots {
		return record.ID{}, fmt.Errorf("card keys: %d slots, want 1 to %d", len(slots), record.MaxSlots)
	}
	t := transcript.New("mandate/v1 card keys")
	t.AppendBytes("round", round[:])
	for slot, keys := range slots {
		if len(keys) == 0 || len(keys) != len(slots[0]) {
			return record.ID{}, fmt.Errorf("card keys: slot %d: %d keys, slot 0 has %d", slot, len(keys), len(slots[0]))
		}
		t.AppendUint64("slot", uint64(slot))
		for i, key := range keys {
			if key == nil {
				return record.ID{}, fmt.Errorf("card keys: slot %d: registrar %d has no key", slot, i+1)
			}
			t.AppendBytes("modulus", key.Modulus())
		}
	}
	return record.ID(t.ID("card keys")), nil
}
