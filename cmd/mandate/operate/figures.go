package operate

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"

	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/operate/metrics"
)

// Figures returns a part of a party that serves its figures where the configuration says, and has them answered on its socket (verb metrics). It
// listens at once.
func Figures(c *daemon.Common, control *daemon.Control, m *metrics.Metrics) (serve func(context.Context) error, err error) {
	control.Answer("metrics", func(_ *http.Request, w io.Writer) error {
		page := httptest.NewRecorder()
		m.Handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		_, err := w.Write(page.Body.Bytes())
		return err
	})
	var l net.Listener
	if c.Metrics != "" {
		if l, err = metrics.Listen(c.Metrics); err != nil {
			return nil, daemon.Hint(fmt.Errorf("metrics: %w", err), "is another program there already?")
		}
	}
	return func(ctx context.Context) error {
		if l == nil {
			<-ctx.Done()
			return nil
		}
		return m.Serve(ctx, l)
	}, nil
}
