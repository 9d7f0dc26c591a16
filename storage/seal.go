package storage

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// KeySize is how many bytes an encryption key has.
const KeySize = 32

// errNoKey is for a store that was opened without the key to what it should
// seal or open. Commands that touch no secrets need none.
var errNoKey = errors.New("the store was opened without an encryption key")

// sealer encrypts what must not be readable in the database: AES-256-GCM with a
// random nonce in front. The zero sealer has no key and always fails.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	if key == nil {
		return sealer{}, nil
	}
	if len(key) != KeySize {
		return sealer{}, fmt.Errorf("the encryption key has %d bytes, not %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

// seal encrypts a text. The place is what it belongs to: moved elsewhere it
// can't be opened.
func (s sealer) seal(place string, plain []byte) ([]byte, error) {
	if s.aead == nil {
		return nil, errNoKey
	}
	return s.aead.Seal(nil, nil, plain, []byte(place)), nil //nolint:gosec // the nonce is random, and this kind of AEAD takes none
}

// open decrypts what was sealed for the place.
func (s sealer) open(place string, sealed []byte) ([]byte, error) {
	if s.aead == nil {
		return nil, errNoKey
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("open what is sealed of %s: is SCIMHUB_ENCRYPTION_KEY the one it was sealed with? %w", place, err)
	}
	return plain, nil
}
