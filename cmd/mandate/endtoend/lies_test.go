package endtoend

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/booth"
	"mandate/bulletin/booth/boothtest"
	"mandate/cmd/mandate/registrar/issuing"
)

// lyingPrograms builds the booth that can encrypt another choice, as cmd/booth's tests do, and returns its folder.
func lyingPrograms(t *testing.T) func() string {
	dir := t.TempDir()
	built := make(chan error, 1)
	var out bytes.Buffer
	go func() {
		run := exec.Command("go", "run", "./cmd/booth/build", "-plain", "-tags=lying", "-o", dir)
		run.Dir, run.Stdout, run.Stderr = "../../..", &out, &out
		built <- run.Run()
	}()
	return sync.OnceValue(func() string {
		if err := <-built; err != nil {
			t.Fatalf("building the booth that lies: %v\n%s", err, out.Bytes())
		}
		return dir
	})
}

// answer is what an honest server answers, without compression.
func answer(r *http.Request, honest http.Handler) *httptest.ResponseRecorder {
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding")
	r.Header.Del("If-None-Match")
	out := httptest.NewRecorder()
	honest.ServeHTTP(out, r)
	return out
}

// altered answers with the honest answer's headers and another body.
func altered(w http.ResponseWriter, from *httptest.ResponseRecorder, body []byte) {
	for name, values := range from.Header() {
		if name != "Content-Length" && name != "Etag" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(from.Code)
	w.Write(body)
}

// replaced answers with one text of the honest answer replaced.
func replaced(t *testing.T, w http.ResponseWriter, r *http.Request, honest http.Handler, from, to string) {
	a := answer(r, honest)
	body := a.Body.String()
	if !strings.Contains(body, from) {
		t.Errorf("%s has no %q", r.URL.Path, from)
	}
	altered(w, a, []byte(strings.Replace(body, from, to, 1)))
}

// I1, I2: a booth that encrypts another choice than it shows, on the pages of a mirror that also says that it runs the vote's own program.
func lyingBooth(t *testing.T, w *town, b *boothtest.Browser, programs func() string) {
	var facts booth.Facts
	w.board.View(func(s *fold.State) { facts = booth.FactsOf(s) })
	mirror := newFront(t, booth.New(booth.Options{Board: w.url, Facts: func() booth.Facts { return facts }}))
	pinned := ""
	for _, p := range booth.Programs() {
		if p.Name == "booth" {
			pinned = p.Hash.String()
		}
	}
	admits := true
	mirror.set(func(out http.ResponseWriter, r *http.Request, honest http.Handler) {
		switch name := path.Base(r.URL.Path); name {
		case "booth.wasm", "programs.js":
			body, err := os.ReadFile(filepath.Join(programs(), name))
			if err != nil {
				t.Error(err)
			}
			altered(out, answer(r, honest), body)
		case "client.js":
			replaced(t, out, r, honest, `await this.#send("start", this.#start);`, `await this.#send("start", this.#start); if (this.#name === "booth.wasm") await this.#send("test.lie", { on: true });`)
		case "worker.js":
			if admits {
				honest.ServeHTTP(out, r)
			} else {
				replaced(t, out, r, honest, "program: hash,", `program: "`+pinned+`",`)
			}
		default:
			honest.ServeHTTP(out, r)
		}
	})
	d := w.device(t, b, boothtest.Phone)
	d.base = mirror.URL
	d.card(w.member())

	// G9: a program that is another than the vote's says so before anything is chosen.
	d.open(d.vote())
	d.Wait("This booth is not the program that the vote names")
	d.says("Do not choose yet")
	d.look("vote-other-program")
	admits = false

	d.open(d.vote())
	d.choose(everything)
	d.says(everything.words()...)
	d.keepsSilent("This booth is not the program")
	link := d.read("input[readonly]")[0]
	if hostOf(link) == hostOf(mirror.URL) {
		t.Errorf("the ballot is to be checked at its own booth: %s", link)
	}
	second := w.device(t, b, boothtest.Phone)
	second.Go(link)
	second.Wait("This device knows the ballot's name now")
	d.Press("Check this ballot")
	d.Wait("The other device is ready: open this ballot")
	d.Press("The other device is ready")
	d.Wait("Show what is inside")
	opened := d.read("input[readonly]")[0]
	second.Go(opened)
	second.Wait("Is this what you chose?")
	if got := second.read(".chosen li")[0]; got == everything.dues || got == "" {
		t.Errorf("the other device shows %q", got)
	}
	if got := second.read("ol.picked li"); len(got) != 3 || got[0] == everything.ranking[0] {
		t.Errorf("the other device shows the ranking %q", got)
	}
	second.look("check-lied")
	second.Press("No, I chose something else")
	second.Wait("Do not vote on that device")
	second.says("It has encrypted something other than what you chose", "Nothing has been cast by this check", "Vote on another device")
	second.look("check-caught")
	d.Press("If it shows something else")
	d.Press("Report that it showed something else")
	d.Wait("Your report is on the public record")
	d.look("hand-reported")

	// What is inside one ballot, shown under the name of another (I11: the whole name counts).
	third := w.device(t, b, boothtest.Desktop)
	_, id, _ := strings.Cut(link, "&ballot=")
	other := strings.Replace(link, id[:64], id[:62]+map[bool]string{true: "01", false: "00"}[id[62:64] == "00"], 1)
	third.Go(other)
	third.Wait("This device knows the ballot's name now")
	third.Go(strings.Replace(opened, id[:64], id[:62]+map[bool]string{true: "01", false: "00"}[id[62:64] == "00"], 1))
	third.Wait("This ballot does not hold")
	third.says("that device is not to be trusted")
	third.look("check-mismatch")
}

// liar returns a device at a board of its own address, which answers as honest does but for change, and a card on it.
func (w *town) liar(t *testing.T, b *boothtest.Browser) (*device, *front) {
	f := newFront(t, w.honest)
	d := w.device(t, b, boothtest.Phone)
	d.base = f.URL
	d.card(w.member())
	return d, f
}

func isReceipt(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/receipts/") }

// G8, C4: the server hands out another ballot's receipt.
func anothersReceipt(t *testing.T, w *town, b *boothtest.Browser) {
	d, f := w.liar(t, b)
	f.set(func(out http.ResponseWriter, r *http.Request, honest http.Handler) {
		if isReceipt(r) {
			r.URL.Path = "/receipts/" + w.another.String()
			r.RequestURI = r.URL.Path
		}
		honest.ServeHTTP(out, r)
	})
	d.open(d.vote())
	d.choose(everything)
	d.Press("Cast my vote")
	d.Wait("Stop: the board has shown something that must not happen")
	d.says("is about another ballot than yours", "Sent, not yet confirmed", "tell the commission and the witnesses", "Save the evidence")
	d.keepsSilent("Your vote is recorded", "Your ballot is number")
	d.look("alarm")

	// The ballot had arrived. As soon as the board is honest, the same device finds it.
	f.set(nil)
	d.open(d.vote())
	d.Wait("Your ballot is number")
	d.says("Your vote is recorded")
}

// G8: the server answers with its promise for another ballot.
func anothersPromise(t *testing.T, w *town, b *boothtest.Browser) {
	d, f := w.liar(t, b)
	f.set(func(out http.ResponseWriter, r *http.Request, honest http.Handler) {
		if r.Method == http.MethodPost && r.URL.Path == "/records" {
			w.promise(t, out, w.another)
			return
		}
		honest.ServeHTTP(out, r)
	})
	d.open(d.vote())
	d.choose(choice{})
	d.Press("Cast my vote")
	d.Wait("Stop: the board has shown something that must not happen")
	d.keepsSilent("Your vote is recorded", "Your ballot is number")
}

// promise answers with the board's promise to record a ballot.
func (w *town) promise(t *testing.T, out http.ResponseWriter, ballot record.ID) {
	signed, err := record.SignAnswer(w.genesis, &record.Promise{Vote: w.vote, Ballot: ballot, At: uint64(w.now().Unix())}, w.boardKey, rand.Reader)
	if err != nil {
		t.Error(err)
	}
	out.Header().Set("Content-Type", "application/mandate-promise")
	out.Header().Set("Access-Control-Allow-Origin", "*")
	out.Write(signed)
}

// The server promises to record the ballot and drops it.
func droppedBallot(t *testing.T, w *town, b *boothtest.Browser) {
	d, f := w.liar(t, b)
	d.may = []string{"404"} // there is no receipt
	f.set(func(out http.ResponseWriter, r *http.Request, honest http.Handler) {
		if r.Method == http.MethodPost && r.URL.Path == "/records" {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			w.promise(t, out, record.IDOf(body))
			return
		}
		honest.ServeHTTP(out, r)
	})
	d.open(d.vote())
	d.choose(everything)
	d.Press("Cast my vote")
	d.Wait("Stop: the board has shown something that must not happen")
	d.says("contradicts what it had signed before", "Sent, not yet confirmed", "Save the evidence")
	d.keepsSilent("Your vote is recorded", "Your ballot is number")
	d.look("dropped")

	// It stays so after a reload, and the board cannot talk itself out of it by refusing the ballot now.
	d.open(d.vote())
	d.Wait("Stop: the board has shown something that must not happen")
}

// The server shows the state of the board from before the member's ballot.
func olderBoard(t *testing.T, w *town, b *boothtest.Browser) {
	d, f := w.liar(t, b)
	old := answer(httptest.NewRequest(http.MethodGet, "/checkpoint", nil), w.honest)
	d.open(d.vote())
	d.choose(everything)
	d.cast()
	receipt := d.receipt()
	f.set(func(out http.ResponseWriter, r *http.Request, honest http.Handler) {
		if r.URL.Path == "/checkpoint" {
			altered(out, old, old.Body.Bytes())
			return
		}
		honest.ServeHTTP(out, r)
	})
	d.open(d.vote())
	d.Wait("Stop: the board shows an older state")
	d.says("Your ballot could be hidden in such a record", "do not vote on this board until it is explained")
	d.keepsSilent("Your vote is recorded")
	d.look("older")

	// Somebody else's device sees it by the receipt.
	other := w.device(t, b, boothtest.Desktop)
	other.base = f.URL
	other.open("/booth/receipt")
	other.Wait("Or paste the receipt")
	other.write("textarea", receipt)
	other.Press("Check it")
	other.Wait("Not verified")
	other.says("It is evidence")
	other.look("receipt-older")
}

// F7: a registrar that answers with signatures of other keys than those on the log, here those that it has given to another request.
func keysOfItsOwn(t *testing.T, w *town, b *boothtest.Browser) {
	d := w.device(t, b, boothtest.Phone)
	d.may = []string{"status of 4"}
	entry, before := w.member(), []byte(nil)
	code := must(issuing.ParseCode(w.codes[1][entry]))(t)
	mine, ok := code.For(issuing.Desk{Round: w.round, Registrar: 2})
	if !ok {
		t.Fatal("a code of another registrar")
	}
	w.desks[1].set(func(out http.ResponseWriter, r *http.Request, honest http.Handler) {
		if r.Method != http.MethodPost || r.URL.Path != issuing.CardPath {
			honest.ServeHTTP(out, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		a := answer(r, honest)
		if request, err := issuing.ParseCardRequest(body); err == nil && request.Code == mine && before != nil {
			altered(out, a, before)
			return
		}
		altered(out, a, a.Body.Bytes())
		before = a.Body.Bytes()
	})
	defer w.desks[1].set(nil)
	w.device(t, b, boothtest.Phone).card(w.member())
	d.open("/booth/me")
	d.call("card.create", object{"round": w.round, "code": w.codes[0][entry]}, nil)
	d.call("card.kept", object{"round": w.round}, nil)
	d.Go(w.links[1][entry])
	d.Wait("Stop: an answer does not hold")
	d.says("What a registrar or the board has answered", "tell that registrar and the commission", "Save the evidence")
	d.look("registrar-lies")
	d.keepsSilent("Your card is complete")
}

// C4: two devices without randomness of their own make the same card; the registrars answer one of them only. F16: two that have randomness
// make different cards from the same code.
func equalRandomness(t *testing.T, w *town, b *boothtest.Browser) {
	f := newFront(t, w.honest)
	f.set(func(out http.ResponseWriter, r *http.Request, honest http.Handler) {
		if path.Base(r.URL.Path) == "worker.js" {
			replaced(t, out, r, honest, "let call = null;", `Object.defineProperty(globalThis.crypto, "getRandomValues", { value: (a) => a.fill(7) }); let call = null;`)
			return
		}
		honest.ServeHTTP(out, r)
	})
	one, two := w.device(t, b, boothtest.Phone), w.device(t, b, boothtest.Phone)
	one.base, two.base = f.URL, f.URL
	two.may = []string{"status of 4"}
	one.card(w.member())
	second := w.member()
	two.open("/booth/me")
	two.call("card.create", object{"round": w.round, "code": w.codes[0][second]}, nil)
	two.call("card.kept", object{"round": w.round}, nil)
	if code := two.fails("card.collect", object{"round": w.round, "code": w.codes[0][second]}); code != "answered" && code != "alarm" {
		t.Errorf("a second member gets the same card: %q", code)
	}

	var cards [2]kept
	for i := range cards {
		d := w.device(t, b, boothtest.Phone)
		d.open("/booth/me")
		d.call("card.create", object{"round": w.round, "code": w.codes[0][second]}, &cards[i])
	}
	if cards[0].File == cards[1].File || strings.Join(cards[0].Words, " ") == strings.Join(cards[1].Words, " ") {
		t.Error("F16: a card follows from its member")
	}
}
