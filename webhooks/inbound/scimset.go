package inbound

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// scimSET understands security event tokens (RFC 8417) with the events of RFC
// 9967, which are pushed as RFC 8935 says. They name no organization: the
// mapping is that with an empty Upstream.
type scimSET struct {
	scimReader
	keys *keySets
}

// setTolerance is how far in the future a token may have been issued. How long
// ago is of no matter: iat is the time of the event to some transmitters, who
// may send it late, and a token is taken once, by its jti.
const setTolerance = 5 * time.Minute

// setCode is the error code of a refusal (RFC 8935 §2.4), as the cause of its
// fault.
type setCode string

// The error codes of RFC 8935 §2.4 that are used.
const (
	setInvalidRequest  setCode = "invalid_request"
	setInvalidKey      setCode = "invalid_key"
	setInvalidIssuer   setCode = "invalid_issuer"
	setInvalidAudience setCode = "invalid_audience"
)

func (c setCode) Error() string { return string(c) }

func refuse(code setCode, detail string) error {
	return fault.Wrap(code, fault.InvalidValue, "%s", detail)
}

// Verify checks that a body is a token of the issuer, for the audience, signed
// with one of the issuer's keys.
func (v scimSET) Verify(ctx context.Context, s Source, r Request) error {
	up := s.Upstream
	if up.JWKSURL == "" || up.Issuer == "" || up.Audience == "" {
		return errors.New("verify token: the source needs a jwks_url, an issuer and an audience")
	}
	payload, err := v.verified(ctx, up.JWKSURL, bytes.TrimSpace(r.Body))
	if err != nil {
		return err
	}
	claims, err := decodeFields(payload)
	if err != nil {
		return refuse(setInvalidRequest, "the claims of the token are no JSON object")
	}
	if claims.text("iss") != up.Issuer {
		return refuse(setInvalidIssuer, "the token is of another issuer")
	}
	if !slices.Contains(setAudience(claims), up.Audience) {
		return refuse(setInvalidAudience, "the token is for another audience")
	}
	at, ok := numericDate(claims.text("iat"))
	if !ok || at.Sub(r.At) > setTolerance {
		return refuse(setInvalidRequest, "iat of the token is missing, or in the future")
	}
	return nil
}

// verified gives the payload of a token in the compact form (RFC 7515 §7.1),
// once its signature was found to be by one of the keys.
func (v scimSET) verified(ctx context.Context, jwksURL string, token []byte) ([]byte, error) {
	parsed, err := jws.Parse(token, jws.WithCompact())
	if err != nil || len(parsed.Signatures()) != 1 {
		return nil, refuse(setInvalidRequest, "the body is not a token: a JWS in its compact form")
	}
	header := parsed.Signatures()[0].ProtectedHeaders()
	algorithm, err := setAlgorithm(header)
	if err != nil {
		return nil, err
	}
	id, _ := header.KeyID()
	keys, err := v.keys.find(ctx, jwksURL, id)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if own, ok := key.Algorithm(); ok && own.String() != algorithm.String() {
			continue
		}
		if payload, err := jws.Verify(token, jws.WithKey(algorithm, key)); err == nil {
			return payload, nil
		}
	}
	return nil, refuse(setInvalidKey, "the token is not signed with a key of its issuer")
}

// setAlgorithm reads the header of a token: what it is (RFC 8417 §2.3), and how
// it is signed, which must be by an algorithm of public keys. With any other,
// whoever knows those keys could sign.
func setAlgorithm(header jws.Headers) (jwa.SignatureAlgorithm, error) {
	typ, _ := header.Type()
	if !strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), "secevent+jwt") {
		return jwa.SignatureAlgorithm{}, refuse(setInvalidRequest, "typ of the token is not secevent+jwt")
	}
	if critical, _ := header.Critical(); len(critical) > 0 {
		return jwa.SignatureAlgorithm{}, refuse(setInvalidRequest, "the token has headers that must be understood, and aren't")
	}
	algorithm, _ := header.Algorithm()
	if !slices.Contains(setAlgorithms(), algorithm) {
		return jwa.SignatureAlgorithm{}, refuse(setInvalidKey, "alg of the token is not one of RS, PS or ES with 256, 384 or 512, or EdDSA")
	}
	return algorithm, nil
}

func setAlgorithms() []jwa.SignatureAlgorithm {
	return []jwa.SignatureAlgorithm{
		jwa.RS256(), jwa.RS384(), jwa.RS512(), jwa.PS256(), jwa.PS384(), jwa.PS512(),
		jwa.ES256(), jwa.ES384(), jwa.ES512(), jwa.EdDSA(),
	}
}

// setAudience gives whom a token is for: a string, or an array of them (RFC 7519
// §4.1.3).
func setAudience(claims fields) []string {
	if one, ok := claims.object["aud"].(string); ok {
		return []string{one}
	}
	return claims.texts("aud")
}

// numericDate reads a NumericDate (RFC 7519 §2).
func numericDate(text string) (time.Time, bool) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}, false
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC(), true
}

// Messages gives a message for each event of a token, which mostly has one.
func (scimSET) Messages(_ Source, r Request) ([]Message, error) {
	payload, err := setPayload(r.Body)
	if err != nil {
		return nil, err
	}
	f, err := decodeFields(payload)
	if err != nil {
		return nil, err
	}
	m := Message{UpstreamID: f.need("jti"), Object: setObject(f.inner("sub_id")), OccurredAt: r.At, Body: payload}
	if at, ok := numericDate(cmp.Or(f.text("toe"), f.text("iat"))); ok && at.Sub(r.At) <= setTolerance {
		m.OccurredAt = at
	}
	uris := slices.Sorted(maps.Keys(f.inner("events").object))
	if len(uris) == 0 {
		f.keep("events", "is missing")
	}
	messages := make([]Message, len(uris))
	for i, uri := range uris {
		messages[i] = m
		messages[i].Type = uri
		if len(uris) > 1 {
			messages[i].UpstreamID += "/" + strconv.Itoa(i)
		}
	}
	return cut(f, messages...)
}

// setPayload gives the payload of a token that was verified.
func setPayload(token []byte) ([]byte, error) {
	parts := bytes.Split(bytes.TrimSpace(token), []byte("."))
	if len(parts) != 3 {
		return nil, fault.Wrap(setInvalidRequest, fault.InvalidSyntax, "the body is not a token: a JWS in its compact form")
	}
	payload, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	if err != nil {
		return nil, fault.Wrap(setInvalidRequest, fault.InvalidSyntax, "the payload of the token is not base64url")
	}
	return payload, nil
}

// setObject reads the subject of a token (RFC 9967 §2.1): the URI of a resource,
// relative or not, and its id, which may stand beside it.
func setObject(subject fields) Object {
	parts := strings.Split(subject.text("uri"), "/")
	if len(parts) < 2 {
		return Object{}
	}
	id, err := url.PathUnescape(parts[len(parts)-1])
	if err != nil {
		subject.keep("uri", "must be a URI")
	}
	id = cmp.Or(subject.text("id"), id)
	switch parts[len(parts)-2] {
	case "Users":
		return Object{schema.User, id}
	case "Groups":
		return Object{schema.Group, id}
	default:
		return Object{}
	}
}

// setPrefix is what the URIs of RFC 9967's events begin with, in any case.
const setPrefix = "urn:ietf:params:scim:event:"

// Read gives what an event means (RFC 9967 §2.3, §2.4). A notice, which only
// names what changed, means to fetch the resource.
func (scimSET) Read(_ Source, m Message) (Change, error) {
	f, err := decodeFields(m.Body)
	if err != nil {
		return Change{}, err
	}
	name, ok := strings.CutPrefix(strings.ToLower(m.Type), setPrefix)
	if !ok {
		return setStream(m), nil
	}
	if m.Object.Type == "" {
		return ignore("its subject is neither a user nor a group"), nil
	}
	if m.Object.ID == "" {
		f.inner("sub_id").need("id")
	}
	c, event := Change{Object: m.Object}, f.inner("events").inner(m.Type)
	switch name {
	case "prov:create:full", "prov:put:full":
		c = scimUpsert(m.Object, event.needInner("data"))
	case "prov:patch:full":
		c = scimPatch(m.Object, event.needInner("data"))
	case "prov:create:notice", "prov:put:notice", "prov:patch:notice", "feed:add":
		c.Action = Fetch
	case "prov:activate", "prov:deactivate":
		c.Action, c.Attributes = Upsert, document.Object{"active": name == "prov:activate"}
	case "prov:delete":
		c.Action = Delete
	case "feed:remove":
		c = ignore("the transmitter tells no more of the resource, which may still be there")
	default:
		c = unknown(m)
	}
	return c, f.fault()
}

// setStream gives the change of an event that RFC 9967 doesn't have: those about
// the stream are of SSF 1.0 §8.1.4.1 and §8.1.5.
func setStream(m Message) Change {
	if strings.HasPrefix(m.Type, "https://schemas.openid.net/secevent/ssf/event-type/") {
		return ignore("it is about the stream by which the events come")
	}
	return unknown(m)
}

// setRefusal is the body of a refusal (RFC 8935 §2.3).
type setRefusal struct {
	Err         setCode `json:"err"`
	Description string  `json:"description"`
}

// Refusal tells of an error as RFC 8935 §2.3 says. What is no fault of the
// transmitter has another status and no body, and is worth another try.
func (scimSET) Refusal(err error) (status int, body any) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return http.StatusInternalServerError, nil
	}
	code, ok := errors.AsType[setCode](err)
	switch {
	case f.Kind == fault.Internal:
		return http.StatusInternalServerError, nil
	case f.Kind == fault.Unavailable:
		return http.StatusServiceUnavailable, nil
	case f.Kind == fault.NotFound:
		return http.StatusNotFound, nil
	case f.Kind == fault.TooLarge:
		return http.StatusRequestEntityTooLarge, nil
	case !ok:
		code = setInvalidRequest
	}
	return http.StatusBadRequest, setRefusal{code, f.Detail}
}

// Accepted gives 202, whether the token is new or was taken before (RFC 8935
// §2.2).
func (scimSET) Accepted(int) int { return http.StatusAccepted }
