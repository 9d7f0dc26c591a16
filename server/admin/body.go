package admin

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/spelling"
	"github.com/scimhub/scimhub/server/route"
	"github.com/scimhub/scimhub/webhooks"
)

// object is a JSON object whose members are still to be read.
type object map[string]jsontext.Value

// readObject reads a body that is one JSON object, of type application/json or
// another one given.
func readObject(c *gin.Context, types ...string) (object, error) {
	data, err := route.Body(c, append([]string{contentType}, types...)...)
	if err != nil {
		return nil, err
	}
	var body object
	err = json.Unmarshal(data, &body)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok && len(data) > 0 {
		return nil, fault.Wrap(err, fault.InvalidSyntax, "the body is not JSON: at byte %d, %v", syntax.ByteOffset, syntax.Err)
	}
	if err != nil || body == nil {
		return nil, fault.Wrap(err, fault.InvalidSyntax, "the body must be a JSON object")
	}
	return body, nil
}

// member is what a JSON object may have, and how it is read into a T. What is
// wrong with its value is a detail, else "".
type member[T any] struct {
	name string
	read func(into *T, value jsontext.Value) (detail string)
}

// field is the member of an object that is held at a place in T. null gives the
// value that stands for none.
func field[T, V any](name, what string, at func(*T) *V, none V) member[T] {
	return member[T]{name, func(into *T, value jsontext.Value) string {
		v := none
		if value.Kind() != 'n' {
			if err := json.Unmarshal(value, &v); err != nil {
				return name + " must be " + what
			}
		}
		*at(into) = v
		return ""
	}}
}

// fill reads an object into a T, of which members that the object lacks stay as
// they are. It gives all that is wrong, unknown members too.
func fill[T any](into *T, from object, members []member[T]) []webhooks.Problem {
	var problems []webhooks.Problem
	for _, name := range slices.Sorted(maps.Keys(from)) {
		i := slices.IndexFunc(members, func(m member[T]) bool { return m.name == name })
		detail := ""
		if i < 0 {
			detail = unknown(name, members)
		} else {
			detail = members[i].read(into, from[name])
		}
		if detail != "" {
			problems = append(problems, webhooks.Problem{Field: name, Detail: detail})
		}
	}
	return problems
}

// unknown says that no member has a name, and what was meant by it.
func unknown[T any](name string, members []member[T]) string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.name
	}
	if meant := spelling.Nearest(strings.ToLower(name), names); meant != "" {
		return fmt.Sprintf("there is no field %q; did you mean %q?", name, meant)
	}
	return fmt.Sprintf("there is no field %q, only %s", name, strings.Join(names, ", "))
}
