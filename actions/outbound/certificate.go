package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// certificateHint says what to do when err is a certificate that is not
// trusted, naming the configuration key of the file of authorities; it is
// empty for other errors.
func certificateHint(err error, caKey string) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "check the certificate's names and dates, or set " + caKey + " to its authority"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "set " + caKey + " to the certificate's authority"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the port does not speak TLS; check the address"
	}
	return ""
}
