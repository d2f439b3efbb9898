//go:build js

package main

import (
	"mandate/cmd/booth/bridge"
	"mandate/cmd/booth/session"
)

func main() {
	bridge.Serve(func(env session.Env, board, lang string) (bridge.Handler, error) {
		return session.New(env, board, lang)
	})
}
