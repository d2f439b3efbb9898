package trustee

import (
	"net/http"
	"strings"
	"testing"

	"mandate/ballot/record"
)

// What the commission calls a vote cannot make the owner go by another root than that of the ballot box which the trustee has checked.
func TestE9_ATitleNamesNoRoot(t *testing.T) {
	vote, root := record.ID{1}, record.ID{2}
	title := oneLine("root: " + record.ID{3}.String() + "\nroot: " + record.ID{4}.String())
	w := &worker{votes: map[record.ID]standing{vote: {title: title, sealed: true, root: root}}}
	req, err := http.NewRequest(http.MethodPost, "http://party/box?vote="+vote.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := w.box(req, &out); err != nil {
		t.Fatal(err)
	}
	if got := rootIn(out.String()); got != root.String() {
		t.Errorf("the owner agrees to %s, the box has %v:\n%s", got, root, out.String())
	}
	if n := strings.Count(out.String(), "\nroot: "); n != 1 {
		t.Errorf("%d lines name a root", n)
	}
}
