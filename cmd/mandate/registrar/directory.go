package registrar

import (
	"sync"

	"mandate/ballot/roll"
	members "mandate/cmd/mandate/roll"
)

// directories are the rolls' e-mail addresses, of each roll made when it is first asked for.
type directories struct {
	mu  sync.Mutex
	all map[*roll.Roll]map[string][]uint64
}

// sharing is how many entries with one address are looked at.
const sharing = 8

// byEmail returns the entries with an e-mail address. It is compared as a mail server would deliver it: in the form in which member lists are
// kept, and whatever its capitals.
func (x *directories) byEmail(list *roll.Roll, email string) []uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	index := x.all[list]
	if index == nil {
		if x.all == nil || len(x.all) >= 8 { // of rolls that are served no more
			x.all = make(map[*roll.Roll]map[string][]uint64)
		}
		index = make(map[string][]uint64, list.Len())
		for i := range list.Len() {
			if key := folded(list.Member(i).Email); key != "" && len(index[key]) < sharing {
				index[key] = append(index[key], uint64(i))
			}
		}
		x.all[list] = index
	}
	return index[folded(email)]
}

// folded is an address as it is compared; empty if it is none. Only ASCII letters lose their capitals: other folding makes one of addresses that
// are several, such as of domains with i and with a capital dotted İ, and who has the one would be believed to be who has the other.
func folded(email string) string {
	p := members.Person{Email: email}
	p.Clean()
	return members.LowerASCII(p.Email)
}

// byNumber returns the entry with a member number.
func byNumber(list *roll.Roll, number string) []uint64 {
	p := members.Person{Number: number}
	p.Clean()
	if i, ok := list.Find(p.Number); ok {
		return []uint64{uint64(i)}
	}
	return nil
}
