package blt

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"mandate/ballot/count"
)

// sorted returns the ballots with equal rankings merged, in the order of
// count.CompareRankings. Counts are big integers, since sums may be large.
type row struct {
	count   *big.Int
	ranking [][]int
}

func sorted(e *count.Election) []row {
	ballots := make([]count.Ballot, 0, len(e.Ballots))
	for _, b := range e.Ballots {
		if b.Count == 0 {
			continue
		}
		ranking := make([][]int, len(b.Ranking))
		for i, rank := range b.Ranking {
			ranking[i] = slices.Sorted(slices.Values(rank))
		}
		ballots = append(ballots, count.Ballot{Count: b.Count, Ranking: ranking})
	}
	slices.SortFunc(ballots, func(a, b count.Ballot) int { return count.CompareRankings(a.Ranking, b.Ranking) })
	var rows []row
	for _, b := range ballots {
		n := new(big.Int).SetUint64(b.Count)
		if last := len(rows) - 1; last >= 0 && count.CompareRankings(rows[last].ranking, b.Ranking) == 0 {
			rows[last].count.Add(rows[last].count, n)
		} else {
			rows = append(rows, row{n, b.Ranking})
		}
	}
	return rows
}

// check reports a ballot that a file cannot state.
func check(e *count.Election) error {
	for _, b := range e.Ballots {
		for _, rank := range b.Ranking {
			if len(rank) == 0 {
				return fmt.Errorf("a ballot has an empty rank")
			}
			for _, c := range rank {
				if c < 0 || c >= len(e.Candidates) {
					return fmt.Errorf("a ballot ranks the unknown candidate %d", c+1)
				}
			}
		}
	}
	return nil
}

// Write writes the election as a BLT file in UTF-8 that Parse reads back:
// withdrawals, then ballots in sorted order with multiplicities, then names and
// title. Spoiled ballots and representation rules have no place in the format.
// Quotation marks in a party become apostrophes. It fails if a name is empty, or
// if a name, party or title has line breaks, other control characters or spaces
// around it.
func Write(w io.Writer, e *count.Election) error {
	if err := check(e); err != nil {
		return fmt.Errorf("writing ballot file: %w", err)
	}
	for i, c := range e.Candidates {
		if c.Name == "" || !plain(c.Name) || !plain(c.Party) {
			return fmt.Errorf("writing ballot file: name or party of candidate %d cannot be written", i+1)
		}
	}
	if !plain(e.Title) {
		return fmt.Errorf("writing ballot file: title cannot be written")
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%d %d\n", len(e.Candidates), e.Seats)
	var withdrawn []string
	for i, c := range e.Candidates {
		if c.Withdrawn {
			withdrawn = append(withdrawn, strconv.Itoa(-i-1))
		}
	}
	if len(withdrawn) > 0 {
		fmt.Fprintln(b, strings.Join(withdrawn, " "))
	}
	for _, r := range sorted(e) {
		for _, n := range portions(r.count) {
			fmt.Fprint(b, n)
			for _, rank := range r.ranking {
				for i, c := range rank {
					sign := " "
					if i > 0 {
						sign = "="
					}
					fmt.Fprint(b, sign, c+1)
				}
			}
			fmt.Fprintln(b, " 0")
		}
	}
	fmt.Fprintln(b, "0")
	for _, c := range e.Candidates {
		text := c.Name
		// The party is marked in the way of the Scottish council files. A name
		// that would be read as having one gets an empty party.
		if _, party := splitParty(c.Name); c.Party != "" || party != "" || strings.HasSuffix(c.Name, `"`) {
			text += ` "` + strings.ReplaceAll(c.Party, `"`, "'") + `"`
		}
		fmt.Fprintln(b, enquote(text))
	}
	fmt.Fprintln(b, enquote(e.Title))
	return b.Flush()
}

// portions splits a number of ballots into numbers that Parse reads.
func portions(n *big.Int) []*big.Int {
	limit := big.NewInt(1<<63 - 1)
	var out []*big.Int
	for n.Cmp(limit) > 0 {
		out = append(out, limit)
		n = new(big.Int).Sub(n, limit)
	}
	return append(out, n)
}

func enquote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// plain reports whether a text survives being written on a line of its own.
func plain(s string) bool {
	return s == strings.TrimSpace(s) && strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == unicode.ReplacementChar
	}) < 0
}

// WriteCSV writes the ballots for a spreadsheet (RFC 4180, UTF-8): a header,
// then one line per distinct ranking, in sorted order, with the number of such
// ballots and the names by rank, equals joined by " = ". A name that a
// spreadsheet would take for a formula is preceded by an apostrophe.
func WriteCSV(w io.Writer, e *count.Election) error {
	if err := check(e); err != nil {
		return fmt.Errorf("writing ballots as CSV: %w", err)
	}
	rows := sorted(e)
	ranks := 0
	for _, r := range rows {
		ranks = max(ranks, len(r.ranking))
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	header := []string{"count"}
	for i := range ranks {
		header = append(header, fmt.Sprintf("rank%d", i+1))
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, r := range rows {
		record := make([]string, ranks+1)
		record[0] = r.count.String()
		for i, rank := range r.ranking {
			var names []string
			for _, c := range rank {
				names = append(names, e.Candidates[c].Name)
			}
			record[i+1] = inert(strings.Join(names, " = "))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// inert keeps spreadsheets from running a cell.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
