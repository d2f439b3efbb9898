package voter

import (
	"context"
	"net"
	"net/url"
	"strings"

	"mandate/bulletin/client"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/registrar/issuing/overhttp"
	"mandate/verifier/light"
)

// whole is a board whose whole log is read, so that every focus is met.
type whole struct{ party.Board }

func (b whole) Update(ctx context.Context, _ light.Focus) error { return b.Board.Update(ctx) }

// New returns a member's client of a board, which nobody else uses. Registrars are reached over HTTP, with a new connection for every request,
// unless the options say how.
func New(board party.Board, o member.Options) *member.Client {
	if o.Registrars == nil {
		o.Registrars = overhttp.New()
	}
	return member.New(whole{board}, o)
}

// dial returns a client of the board at an address. After a comma there can be addresses of mirrors, which are asked where the board does not
// answer.
func dial(address string, o member.Options) (*member.Client, error) {
	all := strings.Split(address, ",")
	for i := range all {
		all[i] = strings.TrimRight(all[i], "/")
	}
	o.Address = all[0]
	board, err := party.Dial(o.Address, client.Options{}, all[1:]...)
	if err != nil {
		return nil, err
	}
	return New(board, o), nil
}

// open opens a card file and dials its board, or another address of the same board.
func open(ctx context.Context, path, address string, o member.Options) (*member.Wallet, *member.Client, error) {
	w, err := openWallet(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	if address == "" {
		address = w.Board()
	}
	c, err := dial(address, o)
	return w, c, err
}

// isPlain reports whether what is sent to an address can be read on the way: it is not encrypted, and leaves this machine.
func isPlain(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}
