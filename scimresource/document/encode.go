package document

import (
	"encoding/json"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimhub/scimhub/scimresource/schema"
)

// Append appends the canonical JSON of a document: attributes in the order of
// the schema at every level, schemas first and extensions last, strings escaped
// as little as JSON allows, no blanks. Equal documents of a resource type have
// equal bytes. What the schema does not know is left out.
func Append(dst []byte, t *schema.ResourceType, obj Object) []byte {
	return appendObject(dst, t.Root, obj)
}

func appendObject(dst []byte, a *schema.Attr, obj Object) []byte {
	dst = append(dst, '{')
	first := true
	for _, sub := range a.Subs {
		v, ok := obj[sub.Name]
		if !ok {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendString(dst, sub.Name)
		dst = append(dst, ':')
		dst = appendValue(dst, sub, v)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, a *schema.Attr, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case json.Number:
		return append(dst, v...)
	case Object:
		return appendObject(dst, a, v)
	case []any:
		return appendArray(dst, a, v)
	default:
		return append(dst, "null"...)
	}
}

func appendArray(dst []byte, a *schema.Attr, list []any) []byte {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, a, e)
	}
	return append(dst, ']')
}

// appendString ignores the error of AppendQuote: it is about invalid UTF-8,
// which Decode let nobody send and which is replaced.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}
