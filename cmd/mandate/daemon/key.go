package daemon

import (
	"fmt"
	"io"

	"mandate/ballot/record"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

// signingKey is the name in the vault.
const signingKey = "signing-key"

// NewSigningKey makes the folder of a party that has nothing but a key to begin with, and returns the key's public part. A folder that has a
// party already is an error, and stays as it is.
func (c *Common) NewSigningKey(in io.Reader, out io.Writer) (record.Key, error) {
	release, err := c.ClaimNew()
	if err != nil {
		return record.Key{}, err
	}
	defer release()
	v, err := c.NewVault(in, out)
	if err != nil {
		return record.Key{}, err
	}
	key, err := party.Key(v, signingKey)
	if err != nil {
		return record.Key{}, err
	}
	return key.Public().Encoding(), nil
}

// SigningKey returns the key that is in a party's vault. One that is missing is an error: another would be another party's.
func (c *Common) SigningKey(v *vault.Vault, whose string) (sigma.SecretKey, error) {
	if _, err := v.Read(signingKey); err != nil { // party.Key would make another
		return sigma.SecretKey{}, Hint(fmt.Errorf("the %s's key: %w", whose, err), "bring the whole of %s back from its copy", c.Dir)
	}
	return party.Key(v, signingKey)
}
