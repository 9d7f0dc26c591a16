package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/google/uuid"
)

// Prefix begins every token secret that the hub makes, so that scanners find
// leaked ones.
const Prefix = "scimhub_"

var (
	// lower-case base32 without padding: safe in headers, file names and URLs.
	encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
	table    = crc32.MakeTable(crc32.Castagnoli)
)

// NewSecret makes the secret of a token: Prefix, 256 random bits and a checksum
// that tells a mistyped or cut token from an unknown one.
func NewSecret() string {
	var bits [32]byte
	_, _ = rand.Read(bits[:]) // never fails (crypto/rand)
	body := encoding.EncodeToString(bits[:])
	return Prefix + body + checksum(body)
}

// Damaged reports whether a secret bears Prefix but not the checksum that
// belongs to it: it was cut or mistyped.
func Damaged(secret string) bool {
	rest, ours := strings.CutPrefix(secret, Prefix)
	if !ours {
		return false
	}
	n := len(rest) - len(checksum(""))
	return n < 0 || checksum(rest[:n]) != rest[n:]
}

func checksum(body string) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum([]byte(body), table))
	return encoding.EncodeToString(sum)
}

// Hash gives what is stored of a secret. Secrets have 256 random bits, so that
// a fast hash without salt is enough.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// NewID makes a time-ordered id with a prefix that says what it names, such as
// "org": a UUIDv7 in 26 characters of base32.
func NewID(prefix string) string {
	id := uuid.Must(uuid.NewV7())
	return EncodeID(prefix, id[:])
}

// EncodeID gives the id that a prefix and some bytes make.
func EncodeID(prefix string, raw []byte) string {
	return prefix + "_" + encoding.EncodeToString(raw)
}

// DecodeID gives the bytes of an id with that prefix. ok is false for any other
// text.
func DecodeID(prefix, id string) (raw []byte, ok bool) {
	text, ok := strings.CutPrefix(id, prefix+"_")
	if !ok {
		return nil, false
	}
	raw, err := encoding.DecodeString(text)
	// Text whose last character has bits to spare is not what EncodeID gives.
	return raw, err == nil && EncodeID(prefix, raw) == id
}
