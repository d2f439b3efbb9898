//go:build js

package main

import (
	"context"
	"encoding/json"

	"mandate/ballot/record"
	"mandate/cmd/booth/bridge"
	"mandate/cmd/booth/session"
	"mandate/verifier"
	"mandate/verifier/boardlog"
)

func main() {
	bridge.Serve(func(env session.Env, board, _ string) (bridge.Handler, error) {
		if _, err := session.New(env, board, ""); err != nil { // the address is well-formed
			return nil, err
		}
		return auditor{session.NewSource(env, board)}, nil
	})
}

// An auditor verifies what is on one board.
type auditor struct{ log boardlog.Source }

// Call is for the one method verify.run, with the vote's id as parameter, or none for all votes. Its result is the report.
func (a auditor) Call(ctx context.Context, method string, values map[string]any, progress session.Progress) (any, error) {
	o := verifier.Options{Window: 512, Progress: func(p verifier.Progress) { progress("verify", p.Records, p.Total) }}
	if method != "verify.run" {
		return nil, &session.Failure{Code: "form", Sentence: "the verifier has no such method", Hint: "reload the page"}
	}
	if values["vote"] != nil {
		s, _ := values["vote"].(string)
		id, err := record.ParseID(s)
		if err != nil {
			return nil, &session.Failure{Code: "form", Sentence: "the vote's id is not 64 hexadecimal digits", Hint: "take it whole"}
		}
		o.Vote = id
	}
	if s, _ := values["receipt"].(string); s != "" {
		o.Receipt = []byte(s)
	}
	report, err := verifier.Verify(ctx, a.log, o)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(report)
	if err != nil {
		return nil, err
	}
	return bridge.JSON(b), nil
}
