package signintest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// environment names the variable that has Main be a provider.
const environment = "MANDATE_TEST_PROVIDER"

// A User has an account at a real provider.
type User struct {
	Name, Password, Email string
	Verified              bool
}

// A Client is a registrar as a real provider knows it.
type Client struct{ ID, Secret, Back string }

type setup struct {
	Users   []User
	Clients []Client
}

// Main is called first by the TestMain of packages whose tests start a real provider. In the provider's process it does not return.
func Main() {
	given := os.Getenv(environment)
	if given == "" {
		return
	}
	if err := provide(given); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Start starts a provider in a process of its own, which ends with the test, and returns its address.
func Start(t testing.TB, users []User, clients []Client) string {
	t.Helper()
	b, err := json.Marshal(setup{users, clients})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), environment+"="+string(b))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe() // its end is the process's
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider did not start: %v", err)
	}
	return strings.TrimSpace(line)
}

// accounts are the provider's users.
type accounts []User

func (a accounts) GetUserByID(id string) *storage.User { return a.GetUserByUsername(id) }

func (a accounts) GetUserByUsername(name string) *storage.User {
	for _, u := range a {
		if u.Name == name {
			return &storage.User{ID: u.Name, Username: u.Name, Password: u.Password, Email: u.Email, EmailVerified: u.Verified}
		}
	}
	return nil
}

func (a accounts) ExampleClientID() string { return "service" }

func provide(given string) error {
	var s setup
	if err := json.Unmarshal([]byte(given), &s); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := "http://" + l.Addr().String()
	for _, c := range s.Clients {
		storage.RegisterClients(storage.WebClient(c.ID, c.Secret, c.Back))
	}
	handler := exampleop.SetupServer(issuer, storage.NewStorage(accounts(s.Users)), slog.New(slog.DiscardHandler), false)
	server := &http.Server{Handler: handler}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		server.Close()
	}()
	fmt.Println(issuer)
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}
