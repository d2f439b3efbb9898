package bench

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/record"
	"mandate/bulletin/web"
)

// A boardOrder is the first line that a board's process reads. The lines after it say by how much its clock is to be ahead of the machine's,
// in nanoseconds; at the end of the input the board shuts down.
type boardOrder struct {
	Officer string `json:"officer"` // key of the commission's officer, in hex
	Queue   int    `json:"queue"`   // how many ballots may wait to be checked; 0 for what a board has of itself
}

// serveBoard is the board's process: a board in a folder, on a port of its own, which it prints. mandate bench -load starts it, so that what
// the board uses can be told from what the members use.
func serveBoard(ctx context.Context, dir string, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return errors.New("the board's process was not told what to do")
	}
	var order boardOrder
	if err := json.Unmarshal(lines.Bytes(), &order); err != nil {
		return fmt.Errorf("reading the order: %w", err)
	}
	var officer record.Key
	if n, err := hex.Decode(officer[:], []byte(order.Officer)); err != nil || n != len(officer) {
		return errors.New("the order has no officer's key")
	}
	var ahead atomic.Int64
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	b, err := openBoard(ctx, dir, officer, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, order.Queue, log)
	if err != nil {
		return err
	}
	defer b.Close()
	if _, err := b.Receipt(ctx, b.Genesis()); err != nil { // the first checkpoint is there
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer stop()
		for lines.Scan() {
			if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				ahead.Store(n)
			}
		}
	}()
	// All members come from one address, so the bound for one sender would be the bound for all.
	return web.Serve(ctx, l, web.New(b, web.Options{Log: log, Limits: web.Limits{Rate: rate.Inf}}))
}

// A boardProcess is a board in a process of its own.
type boardProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	url string
}

func startBoard(ctx context.Context, dir string, officer record.Key, queue int, stderr io.Writer) (*boardProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &boardProcess{cmd: exec.CommandContext(ctx, self, "bench", "-board", dir)}
	p.cmd.Stderr = stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	order, err := json.Marshal(boardOrder{hex.EncodeToString(officer[:]), queue})
	if err == nil {
		_, err = p.in.Write(append(order, '\n'))
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	if err = errors.Join(err, readErr); err != nil {
		p.cmd.Process.Kill()
		return nil, errors.Join(fmt.Errorf("starting the board's process: %w", err), p.cmd.Wait())
	}
	p.url = "http://" + strings.TrimSpace(line)
	return p, nil
}

// clock puts the board's clock ahead of the machine's.
func (p *boardProcess) clock(ahead time.Duration) { fmt.Fprintln(p.in, int64(ahead)) }

// processorTime is what the board's process has used so far.
func (p *boardProcess) processorTime() time.Duration {
	return processorTimeOf(strconv.Itoa(p.cmd.Process.Pid))
}

// end has the board shut down.
func (p *boardProcess) end() error {
	p.in.Close()
	return p.cmd.Wait()
}
