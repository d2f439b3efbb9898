//go:build browser && !voting

package blind

import (
	"crypto/rsa"
	"errors"
)

// A browser keeps no registrar's keys, so its programs do without crypto/x509.
var errBrowser = errors.New("secret keys are not kept in browsers")

func parsePKCS8([]byte) (any, error) { return nil, errBrowser }

func marshalPKCS8(*rsa.PrivateKey) ([]byte, error) { return nil, errBrowser }
