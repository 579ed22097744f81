package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// CertificateHint returns what to do if err is about a certificate, otherwise "". caKey
// is the configuration key, or the flag, of the file with the certificate authorities.
func CertificateHint(err error, caKey string) string {
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
