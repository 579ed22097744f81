package daemon

import (
	"fmt"
	"io"

	"golang.org/x/crypto/bcrypt"
)

// longestPassword is the number of bytes of a password that bcrypt can hash.
const longestPassword = 72

// hashPassword prints a line for basic_auth_users in a web configuration file, of the
// daemon or of an exporter. Every request compares the hash, so that its cost is the
// lowest that Prometheus's documentation shows.
func (o *options) hashPassword(out io.Writer) error {
	password, err := secret(o.passwordFile, "")
	switch {
	case err != nil:
		return fmt.Errorf("--password-file: %w", err)
	case password == "" || len(password) > longestPassword:
		return usage("the password has %d bytes: must be from 1 to %d", len(password), longestPassword)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password.Reveal()), bcrypt.DefaultCost)
	if err != nil {
		return fmt.Errorf("hashing the password: %w", err)
	}
	fmt.Fprintf(out, "%s: %s\n", o.user, hash)
	return nil
}
