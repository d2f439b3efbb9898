package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"

	"mandate/ballot/record"
	"mandate/ballot/roll"
	booth "mandate/cmd/booth/member"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/voter"
)

// Of a hundred members so many collect a card, and vote.
const (
	collecting = 80
	voting     = 70
)

// person is a member who has a card.
type person struct {
	entry  int
	wallet *booth.Wallet
}

// draw returns a uniform number below n.
func draw(n int) int {
	mask := uint64(1)<<bits.Len(uint(n-1)) - 1
	for {
		var b [8]byte
		rand.Read(b[:]) // never fails
		if x := binary.LittleEndian.Uint64(b[:]) & mask; x < uint64(n) {
			return int(x)
		}
	}
}

// some returns k of n numbers in random order.
func some(n, k int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	for i := range k {
		j := i + draw(n-i)
		all[i], all[j] = all[j], all[i]
	}
	return all[:k]
}

// share is a part of n members in a hundred, at least one.
func share(n, percent int) int { return max(1, n*percent/100) }

// codes collects each registrar's codes, as its mailing would: per roll entry.
func (o *organisation) codes(round record.ID) ([][]issuing.Code, error) {
	var all [][]issuing.Code
	for i, r := range o.registrars {
		var list bytes.Buffer
		if err := r.Codes(&list, round); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		rows, err := csv.NewReader(&list).ReadAll()
		if err != nil {
			return nil, err
		}
		codes := make([]issuing.Code, 0, len(rows)-1)
		for _, row := range rows[1:] {
			typed, err := issuing.ParseCode(row[4])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			code, ok := typed.For(issuing.Desk{Round: round, Registrar: uint64(i + 1)})
			if !ok {
				return nil, fmt.Errorf("%s: a code of another registrar", r.name)
			}
			codes = append(codes, code)
		}
		all = append(all, codes)
	}
	return all, nil
}

// members returns a client through which many members see the board.
func (o *organisation) members() (*booth.Client, error) {
	view, err := o.dial()
	if err != nil {
		return nil, err
	}
	return voter.New(view, booth.Options{Address: o.url, Clock: o.clock.now, Fresh: time.Second}), nil
}

// collect has members collect their cards from all registrars.
func (o *organisation) collect(ctx context.Context, private *roll.Roll, round record.ID) ([]person, error) {
	codes, err := o.codes(round)
	if err != nil {
		return nil, err
	}
	client, err := o.members()
	if err != nil {
		return nil, err
	}
	entries := some(private.Len(), share(private.Len(), collecting))
	people := make([]person, len(entries))
	err = o.each(ctx, "members collect their cards", 16, len(entries), func(ctx context.Context, i int) error {
		entry := entries[i]
		opening, err := client.Enter(ctx, round, 1, codes[0][entry])
		if err != nil {
			return err
		}
		w, err := client.NewWallet(ctx, nil, round, opening)
		if err != nil {
			return err
		}
		for j := range o.registrars {
			if err := client.Collect(ctx, w, j+1, codes[j][entry]); err != nil {
				return err
			}
		}
		people[i] = person{entry: entry, wallet: w}
		return nil
	})
	return people, err
}

// bar shows how far something has come.
func (o *organisation) bar(what string, n int) *progressbar.ProgressBar {
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(o.stderr), progressbar.OptionSetDescription("• "+what),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(20), progressbar.OptionOnCompletion(func() { fmt.Fprintln(o.stderr) }))
}

// each does one thing for n members, some of them at once, and shows progress. The first error ends it.
func (o *organisation) each(ctx context.Context, what string, atOnce, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bar := o.bar(what, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range atOnce {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(ctx, i); err != nil {
					cancel(fmt.Errorf("%s: %w", what, err))
					return
				}
				bar.Add(1)
			}
		})
	}
	wait.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

// cast has members of a roll of so many cast ballots: about seven in eight of those with a card, one in ten of them twice, one in twenty blank in a contest that
// allows it. One member in fifty opens a ballot for checking first. Some receipts are kept as files.
func (o *organisation) cast(ctx context.Context, vote record.ID, people []person, roll int) error {
	client, err := o.members()
	if err != nil {
		return err
	}
	receipts := filepath.Join(o.dir, "receipts")
	if err := os.MkdirAll(receipts, 0o700); err != nil {
		return err
	}
	voters := people[:min(len(people), share(roll, voting))]
	return o.each(ctx, "members vote", 64, len(voters), func(ctx context.Context, i int) error {
		w := voters[i].wallet
		if draw(50) == 0 {
			if err := checkOne(ctx, client, w, vote); err != nil {
				return err
			}
		}
		ballots := 1
		if draw(10) == 0 {
			ballots = 2
		}
		for n := range ballots {
			receipt, err := castOne(ctx, client, w, vote)
			if err != nil {
				return err
			}
			if i < 10 {
				name := fmt.Sprintf("vote-%s-member-%d-ballot-%d.txt", vote.Short(), voters[i].entry, n+1)
				if err := os.WriteFile(filepath.Join(receipts, name), receipt.Text, 0o600); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func castOne(ctx context.Context, client *booth.Client, w *booth.Wallet, vote record.ID) (*booth.Receipt, error) {
	prepared, err := prepare(ctx, client, w, vote)
	if err != nil {
		return nil, err
	}
	return prepared.Cast(ctx)
}

// checkOne opens a ballot instead of casting it, and checks on a second device that it holds what was chosen.
func checkOne(ctx context.Context, client *booth.Client, w *booth.Wallet, vote record.ID) error {
	prepared, err := prepare(ctx, client, w, vote)
	if err != nil {
		return err
	}
	id := prepared.Ballot()
	opened, err := prepared.Open(ctx)
	if err != nil {
		return err
	}
	_, err = client.Verify(ctx, opened.Text(), id)
	return err
}

func prepare(ctx context.Context, client *booth.Client, w *booth.Wallet, vote record.ID) (*booth.Prepared, error) {
	b, err := client.Begin(ctx, w, vote)
	if err != nil {
		return nil, err
	}
	return b.Encrypt(choose(b.Contests()))
}

// guests is how many places on the second vote's roll are left for readers of a demo that goes on.
const guests = 3

// invite writes the card links of some places on the roll for the readers of a demo that goes on, and says how to vote with them.
func (o *organisation) invite(round, vote record.ID, stdout io.Writer) error {
	codes, err := o.codes(round)
	if err != nil {
		return err
	}
	var first, others strings.Builder
	for guest := range min(guests, len(codes[0])) {
		to := &first
		if guest > 0 {
			to = &others
			fmt.Fprintf(to, "member %d:\n", guest+1)
		}
		for i := range o.registrars {
			fmt.Fprintln(to, issuing.Desk{Round: round, Registrar: uint64(i + 1)}.Link(o.url+"/booth/card", codes[i][guest]))
		}
	}
	mine, theirs := filepath.Join(o.dir, "your-codes.txt"), filepath.Join(o.dir, "more-codes.txt")
	if err := os.WriteFile(mine, []byte(first.String()), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(theirs, []byte(others.String()), 0o600); err != nil {
		return err
	}
	links := strings.Join(strings.Fields(first.String()), "\n    ")
	fmt.Fprintf(stdout, invitation, o.url, vote, links, o.url, vote, theirs, mine, o.url, mine, vote, o.url)
	return nil
}

const invitation = `
The board goes on serving at %s (interrupt to end it).
A second vote is open, and a place on its roll is yours:
    %s
Vote in a browser: open these links in turn, each of which collects one registrar's answer for your card,
    %s
and then vote:
    %s/booth/vote/%s
The links of two more members stand in %s.

Or vote from here. Your codes, one from each registrar, are in %s. Collect your card and vote:
    go run ./cmd/mandate card -board %s -card my-card.txt -codes %s
    go run ./cmd/mandate vote -card my-card.txt -vote %s
Check the board as it is now:
    go run ./cmd/mandate-verify %s
`
