//go:build js

// Package bridge connects a program of the booth to the worker that it runs in.
//
// The worker sets globalThis.mandate = {fetch, store, program, ready} before it starts the program (bulletin/booth/static/worker.js). The program hands
// ready a function call(method, parameters, progress), which returns a promise. Every value that comes in is checked for kind and size before it is
// used; a panic of a call rejects its promise with the code internal and fatal set, after which the worker starts the program anew.
package bridge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall/js"
	"time"

	"mandate/cmd/booth/session"
)

// A Handler does what a page calls.
type Handler interface {
	Call(ctx context.Context, method string, values map[string]any, progress session.Progress) (any, error)
}

// Serve takes calls until the worker ends. The first call of a page is "start", with the parameters board and lang, for which start makes the
// handler of all others.
func Serve(start func(env session.Env, board, lang string) (Handler, error)) {
	host := js.Global().Get("mandate")
	env := session.Env{Fetch: fetcher(host.Get("fetch"))}
	if p := host.Get("program"); p.Type() == js.TypeString {
		env.Program = p.String()
	}
	if s := host.Get("store"); s.Type() == js.TypeObject {
		env.Store = &store{s}
	}
	var handler Handler
	handle := func(method string, params, progress js.Value) (any, error) {
		values, err := fromJS(params)
		if err != nil {
			return nil, err
		}
		object, _ := values.(map[string]any)
		if method == "start" {
			board, _ := object["board"].(string)
			lang, _ := object["lang"].(string)
			handler, err = start(env, board, lang)
			return nil, err
		}
		if handler == nil {
			return nil, errors.New("the program was not started")
		}
		return handler.Call(context.Background(), method, object, func(what string, done, total uint64) {
			progress.Invoke(what, float64(done), float64(total))
		})
	}
	host.Call("ready", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) != 3 || args[0].Type() != js.TypeString || args[2].Type() != js.TypeFunction {
			return js.Undefined()
		}
		method, params, progress := args[0].String(), args[1], args[2]
		return promise(func() (any, error) { return handle(method, params, progress) })
	}))
	select {}
}

// promise returns a promise of what f returns.
func promise(f func() (any, error)) js.Value {
	var executor js.Func
	executor = js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			defer executor.Release()
			out, err := guarded(f)
			if err != nil {
				reject.Invoke(problem(err))
				return
			}
			resolve.Invoke(toJS(out))
		}()
		return nil
	})
	return js.Global().Get("Promise").New(executor)
}

// A fatal is a panic.
type fatal struct{ what string }

func (f *fatal) Error() string { return f.what }

func guarded(f func() (any, error)) (out any, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, &fatal{fmt.Sprint("the program has failed: ", r)}
		}
	}()
	return f()
}

// problem is an error as a page gets it.
func problem(err error) js.Value {
	p := map[string]any{"code": "internal", "sentence": err.Error(), "hint": ""}
	var f *session.Failure
	if errors.As(err, &f) {
		p["code"], p["sentence"], p["hint"] = f.Code, f.Sentence, f.Hint
		if f.Evidence != "" {
			p["evidence"] = f.Evidence
		}
	}
	if errors.As(err, new(*fatal)) {
		p["fatal"] = true
	}
	return js.ValueOf(p)
}

// await waits for a promise.
func await(ctx context.Context, p js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	settled := make(chan outcome, 1)
	var yes, no js.Func
	release := func() { yes.Release(); no.Release() }
	yes = js.FuncOf(func(_ js.Value, args []js.Value) any {
		defer release()
		v := js.Undefined()
		if len(args) > 0 {
			v = args[0]
		}
		settled <- outcome{value: v}
		return nil
	})
	no = js.FuncOf(func(_ js.Value, args []js.Value) any {
		defer release()
		settled <- outcome{err: reason(args)}
		return nil
	})
	p.Call("then", yes, no)
	select {
	case o := <-settled:
		return o.value, o.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}

// reason makes an error of why a promise was rejected.
func reason(args []js.Value) error {
	name, message := "", "no reason was given"
	if len(args) > 0 && args[0].Type() == js.TypeObject {
		if v := args[0].Get("name"); v.Type() == js.TypeString {
			name = v.String()
		}
		if v := args[0].Get("message"); v.Type() == js.TypeString {
			message = v.String()
		}
	}
	if name == "ChangedError" {
		return session.ErrChanged
	}
	return fmt.Errorf("%.40s: %.300s", name, message)
}

// fetcher sends requests with the worker's fetch.
func fetcher(fetch js.Value) func(ctx context.Context, r session.Request) (session.Reply, error) {
	return func(ctx context.Context, r session.Request) (session.Reply, error) {
		body := js.Null()
		if r.Body != nil {
			body = bytesToJS(r.Body)
		}
		v, err := await(ctx, fetch.Invoke(r.URL, body, float64(r.Limit), float64(r.Timeout/time.Millisecond), r.Cached))
		if err != nil {
			return session.Reply{}, err
		}
		b, err := bytesFromJS(v.Get("body"), r.Limit+1)
		if err != nil {
			return session.Reply{}, err
		}
		status := v.Get("status")
		if status.Type() != js.TypeNumber {
			return session.Reply{}, errors.New("an answer without a status")
		}
		return session.Reply{Status: status.Int(), Type: text(v.Get("type")), Index: text(v.Get("index")), RetryAfter: text(v.Get("retryAfter")), Body: b}, nil
	}
}

// text is a text of at most 300 bytes, or nothing.
func text(v js.Value) string {
	if v.Type() != js.TypeString {
		return ""
	}
	s := v.String()
	return s[:min(len(s), 300)]
}

// store keeps pieces in the worker's database.
type store struct{ js js.Value }

// maxPiece bounds a piece that is read.
const maxPiece = 65 << 20

func (s *store) Get(ctx context.Context, key string) ([]byte, error) {
	v, err := await(ctx, s.js.Call("get", key))
	if err != nil {
		return nil, err
	}
	if v.IsUndefined() || v.IsNull() {
		return nil, fs.ErrNotExist
	}
	return bytesFromJS(v, maxPiece)
}

func (s *store) Put(ctx context.Context, key string, value, before []byte) error {
	was := js.Null()
	if before != nil {
		was = bytesToJS(before)
	}
	_, err := await(ctx, s.js.Call("put", key, bytesToJS(value), was))
	return err
}

func (s *store) Keys(ctx context.Context, prefix string) ([]string, error) {
	v, err := await(ctx, s.js.Call("keys", prefix))
	if err != nil {
		return nil, err
	}
	keys, err := fromJS(v)
	if err != nil {
		return nil, err
	}
	list, _ := keys.([]any)
	out := make([]string, 0, len(list))
	for _, k := range list {
		if t, ok := k.(string); ok {
			out = append(out, t)
		}
	}
	return out, nil
}

func (s *store) Remove(ctx context.Context, prefix string) error {
	_, err := await(ctx, s.js.Call("remove", prefix))
	return err
}
