package endtoend

import (
	"testing"
	"time"

	"mandate/bulletin/booth/boothtest"
)

// Everything that members and observers do with a browser, at one organisation: first while voting is open, then when it is over.
func TestInABrowser(t *testing.T) {
	b := boothtest.Start(t)
	began := time.Now()
	programs := lyingPrograms(t)
	w := newTown(t)
	t.Logf("the organisation is there after %v", time.Since(began))
	member := &voting{town: w, b: b}
	t.Run("G10_F14_I4_Sessions", func(t *testing.T) { sessions(t, w, b) }) // by itself: others would make the log longer meanwhile
	t.Run("open", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T){
			"C8_I8_AMemberFromTheCodesToTheReceipt": member.test,
			"APetitionInTwoTaps":                    func(t *testing.T) { petition(t, w, b) },
			"I8_InSpanish":                          func(t *testing.T) { inSpanish(t, w, b) },
			"I1_I11_G9_ABoothThatLies":              func(t *testing.T) { lyingBooth(t, w, b, programs) },
			"G8_C4_AnotherBallotsReceipt":           func(t *testing.T) { anothersReceipt(t, w, b) },
			"G8_AnotherBallotsPromise":              func(t *testing.T) { anothersPromise(t, w, b) },
			"ABallotDroppedAfterThePromise":         func(t *testing.T) { droppedBallot(t, w, b) },
			"AnOlderBoard":                          func(t *testing.T) { olderBoard(t, w, b) },
			"F7_ARegistrarWithKeysOfItsOwn":         func(t *testing.T) { keysOfItsOwn(t, w, b) },
			"C4_F16_Randomness":                     func(t *testing.T) { equalRandomness(t, w, b) },
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t)
			})
		}
	})
	w.count()
	t.Logf("the vote is counted after %v", time.Since(began))
	t.Run("over", func(t *testing.T) {
		t.Run("TheResult", func(t *testing.T) { t.Parallel(); member.result(t) })
		t.Run("AnObserverVerifies", func(t *testing.T) { t.Parallel(); observer(t, w, b) })
	})
	t.Logf("ended after %v", time.Since(began))
}
