package webhooks

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// The prefixes of keys (Standard Webhooks 1.0.0, "Signature scheme"). Behind
// them is base64.
const (
	sharedPrefix  = "whsec_" // of v1: the secret that both sides know
	privatePrefix = "whsk_"  // of v1a: the sender's ed25519 key, as its seed of 32 bytes
	publicPrefix  = "whpk_"  // of v1a: the receiver's ed25519 key
)

// NewSecret makes a key that a scheme signs with: "whsec_…" for v1 and "whsk_…"
// for v1a. Behind the prefix are 32 random bytes, which for v1a are what RFC
// 8032 §5.1.5 calls the private key.
func NewSecret(s Signature) string {
	var bits [ed25519.SeedSize]byte
	_, _ = rand.Read(bits[:]) // never fails (crypto/rand)
	if s == SignatureEd25519 {
		return privatePrefix + base64.StdEncoding.EncodeToString(bits[:])
	}
	return sharedPrefix + base64.StdEncoding.EncodeToString(bits[:])
}

// PublicKey gives the "whpk_…" that verifies what a "whsk_…" signs. Any other
// key is an error.
func PublicKey(key string) (string, error) {
	k, err := parseKey(key)
	if err != nil {
		return "", err
	}
	if k.private == nil {
		return "", errors.New("only a whsk_ key has a public one")
	}
	return publicPrefix + base64.StdEncoding.EncodeToString(k.public), nil
}

// signatureKey is a key of either scheme.
type signatureKey struct {
	shared  []byte             // of v1
	private ed25519.PrivateKey // of v1a; nil: it only verifies
	public  ed25519.PublicKey  // of v1a
}

// parseKey reads a key of any prefix. Its errors don't show the key.
func parseKey(text string) (signatureKey, error) {
	prefix, body, _ := strings.Cut(text, "_")
	raw, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return signatureKey{}, errors.New("signing key: what follows the prefix is not base64")
	}
	switch prefix + "_" {
	case sharedPrefix:
		return parseShared(raw)
	case privatePrefix:
		return parsePrivate(raw)
	case publicPrefix:
		return parsePublic(raw)
	default:
		return signatureKey{}, errors.New("signing key: it begins with none of whsec_, whsk_ and whpk_")
	}
}

// parseShared reads a secret of v1. Senders choose its length, but anybody can
// sign with an empty one.
func parseShared(raw []byte) (signatureKey, error) {
	if len(raw) == 0 {
		return signatureKey{}, errors.New("signing key: it is empty")
	}
	return signatureKey{shared: raw}, nil
}

// parsePrivate reads a private key of v1a: its seed, or the seed and the public
// key behind it, as some libraries write it.
func parsePrivate(raw []byte) (signatureKey, error) {
	if len(raw) != ed25519.SeedSize && len(raw) != ed25519.PrivateKeySize {
		return signatureKey{}, fmt.Errorf("signing key: an ed25519 private key has %d or %d bytes, not %d",
			ed25519.SeedSize, ed25519.PrivateKeySize, len(raw))
	}
	private := ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize])
	public := private[ed25519.SeedSize:]
	return signatureKey{private: private, public: ed25519.PublicKey(public)}, nil
}

func parsePublic(raw []byte) (signatureKey, error) {
	if len(raw) != ed25519.PublicKeySize {
		return signatureKey{}, fmt.Errorf("signing key: an ed25519 public key has %d bytes, not %d",
			ed25519.PublicKeySize, len(raw))
	}
	return signatureKey{public: raw}, nil
}

// sign gives the signature of some content as it stands in the header: the
// scheme, a comma and base64.
func (k signatureKey) sign(content []byte) (string, error) {
	switch {
	case k.shared != nil:
		return string(SignatureHMAC) + "," + k.mac(content), nil
	case k.private != nil:
		signature := ed25519.Sign(k.private, content)
		return string(SignatureEd25519) + "," + base64.StdEncoding.EncodeToString(signature), nil
	default:
		return "", errors.New("signing key: a public key can't sign")
	}
}

// verifies reports whether a signature of a scheme is this key's, in a time
// that doesn't depend on how much of it is right.
func (k signatureKey) verifies(scheme Signature, signature string, content []byte) bool {
	switch {
	case scheme == SignatureHMAC && k.shared != nil:
		return hmac.Equal([]byte(k.mac(content)), []byte(signature))
	case scheme == SignatureEd25519 && k.public != nil:
		raw, err := base64.StdEncoding.DecodeString(signature)
		return err == nil && ed25519.Verify(k.public, content, raw)
	default:
		return false
	}
}

func (k signatureKey) mac(content []byte) string {
	h := hmac.New(sha256.New, k.shared)
	h.Write(content)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
