package remote

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"regexp"
)

// ErrorLog returns what an http.Server logs to: its complaints about connections name the address of the other side, which is taken out.
func ErrorLog(l *slog.Logger, level slog.Level) *log.Logger {
	return log.New(&cleaned{l, level}, "", 0)
}

type cleaned struct {
	log   *slog.Logger
	level slog.Level
}

// sender is an address with its port, as package net writes it.
var sender = regexp.MustCompile(`(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]+(%[^\]\s]*)?\]):\d+`)

func (c *cleaned) Write(b []byte) (int, error) {
	c.log.Log(context.Background(), c.level, string(sender.ReplaceAll(bytes.TrimSpace(b), []byte("(address)"))))
	return len(b), nil
}
