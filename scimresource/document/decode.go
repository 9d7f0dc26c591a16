package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// maxDepth is how deep objects and arrays may be nested. SCIM needs five.
const maxDepth = 32

// maxPointer is how many bytes of the place of a fault are shown.
const maxPointer = 200

// Decode reads one JSON object with nothing behind it. It refuses what parsers
// disagree about, so that no two readers of a body can see different resources:
// a name that occurs twice in an object, also in different case (RFC 7643 §2.1),
// invalid UTF-8, and NUL, which databases don't store. Nesting is limited to 32
// levels. Numbers are kept as sent.
//
// Every failure is a fault of kind InvalidSyntax that names the place, never a
// value.
func Decode(data []byte) (Object, error) {
	d := decoder{jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true))}
	obj, err := d.document()
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return nil, d.syntaxFault(data, syntax)
	}
	return obj, err
}

// decoder reads values. Its errors are faults and *jsontext.SyntacticError.
// Looking for names that occur twice is its own business, since those that
// differ in case only count too.
type decoder struct{ json *jsontext.Decoder }

func (d decoder) document() (Object, error) {
	switch d.json.PeekKind() {
	case '{', jsontext.KindInvalid:
	default:
		return nil, fault.New(fault.InvalidSyntax, "the body must be one JSON object")
	}
	v, err := d.value()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.InvalidSyntax, "the body is empty; it must be one JSON object")
	}
	if err != nil {
		return nil, err
	}
	end := d.json.InputOffset()
	if _, err := d.json.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.InvalidSyntax, "the JSON object ends at byte %d of the body; nothing may follow it", end)
	}
	obj, _ := v.(Object)
	return obj, nil
}

func (d decoder) value() (any, error) {
	token, err := d.json.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.text(token)
	case '0':
		return json.Number(token.String()), nil
	case 't', 'f':
		return token.Bool(), nil
	default: // null: a token that is no value would have been a syntax error
		return nil, nil
	}
}

func (d decoder) object() (Object, error) {
	if d.json.StackDepth() > maxDepth {
		return nil, d.fault("nested deeper than 32 levels")
	}
	obj := Object{}
	seen := map[string]struct{}{}
	for d.json.PeekKind() != '}' {
		name, err := d.name(seen)
		if err != nil {
			return nil, err
		}
		if obj[name], err = d.value(); err != nil {
			return nil, err
		}
	}
	_, err := d.json.ReadToken()
	return obj, err
}

// name reads the name of a member of an object and adds it to those seen.
func (d decoder) name(seen map[string]struct{}) (string, error) {
	token, err := d.json.ReadToken()
	if err != nil {
		return "", err
	}
	name, err := d.text(token)
	if err != nil {
		return "", err
	}
	folded := strings.ToLower(name)
	if _, ok := seen[folded]; ok {
		return "", d.fault("a name that occurs twice in its object (names that differ only in case are the same)")
	}
	seen[folded] = struct{}{}
	return name, nil
}

func (d decoder) array() ([]any, error) {
	if d.json.StackDepth() > maxDepth {
		return nil, d.fault("nested deeper than 32 levels")
	}
	list := []any{}
	for d.json.PeekKind() != ']' {
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.json.ReadToken()
	return list, err
}

func (d decoder) text(token jsontext.Token) (string, error) {
	s := token.String()
	if strings.IndexByte(s, 0) >= 0 {
		return "", d.fault("the character NUL, which is not allowed")
	}
	return s, nil
}

// fault gives a fault at the token that was read last.
func (d decoder) fault(what string) error {
	return fault.New(fault.InvalidSyntax, "the body holds %s, before byte %d%s",
		what, d.json.InputOffset(), at(d.json.StackPointer()))
}

// syntaxFault leaves out the text of the library's error, which quotes the body.
func (d decoder) syntaxFault(data []byte, err *jsontext.SyntacticError) error {
	what := "is not valid JSON"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		what = "ends before the JSON object does"
	case !utf8.Valid(data):
		what = "is not valid UTF-8"
	}
	return fault.New(fault.InvalidSyntax, "the body %s, at byte %d%s", what, err.ByteOffset, at(err.JSONPointer))
}

// at names a place in the body, unless the name is too long or unprintable.
func at(p jsontext.Pointer) string {
	if p == "" || len(p) > maxPointer || strings.ContainsFunc(string(p), unicode.IsControl) {
		return ""
	}
	return " (" + string(p) + ")"
}
