//go:build !browser

package blind

import (
	"crypto/rsa"
	"crypto/x509"
)

func parsePKCS8(der []byte) (any, error) { return x509.ParsePKCS8PrivateKey(der) }

func marshalPKCS8(k *rsa.PrivateKey) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k) }
