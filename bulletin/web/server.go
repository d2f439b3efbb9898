package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"mandate/bulletin/remote"
)

// times bound a connection: a request must be there, and its answer taken, within them, so that nobody holds a connection for nothing.
type times struct {
	header, read, write, idle, drain time.Duration
}

var defaultTimes = times{
	header: 5 * time.Second, read: 15 * time.Second, write: time.Minute, idle: time.Minute, drain: 40 * time.Second,
}

const headerBytes = 8 << 10

// Serve answers connections of l until ctx is done. Then it takes no more, lets what is being answered finish, and returns; the board is to
// be closed after it.
func Serve(ctx context.Context, l net.Listener, h *Handler) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: h.times.header,
		ReadTimeout:       h.times.read,
		WriteTimeout:      h.times.write,
		IdleTimeout:       h.times.idle,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          remote.ErrorLog(h.options.Log, slog.LevelDebug),
	}
	s.RegisterOnShutdown(h.close)
	served := make(chan error, 1)
	go func() { served <- s.Serve(newBounded(l, h.options.Connections)) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving the board: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.times.drain)
	defer cancel()
	if err := s.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("serving the board: shutting down: %w", err), s.Close())
	}
	return nil
}

// bounded accepts a connection only when fewer than its limit are open.
type bounded struct {
	net.Listener
	open   chan struct{} // one for each open connection
	closed chan struct{}
	close  func()
}

func newBounded(l net.Listener, most int) *bounded {
	b := &bounded{Listener: l, open: make(chan struct{}, most), closed: make(chan struct{})}
	b.close = sync.OnceFunc(func() { close(b.closed) })
	return b
}

func (b *bounded) Close() error {
	b.close()
	return b.Listener.Close()
}

func (b *bounded) Accept() (net.Conn, error) {
	select {
	case b.open <- struct{}{}:
	case <-b.closed:
		return nil, net.ErrClosed
	}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.open
		return nil, err
	}
	return &boundedConn{Conn: c, release: sync.OnceFunc(func() { <-b.open })}, nil
}

type boundedConn struct {
	net.Conn
	release func()
}

func (c *boundedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}
