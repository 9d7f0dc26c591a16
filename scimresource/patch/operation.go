package patch

import (
	"errors"
	"fmt"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
)

// Op is what an operation does (RFC 7644 §3.5.2).
type Op string

// The operations of RFC 7644 §3.5.2.
const (
	Add     Op = "add"
	Replace Op = "replace"
	Remove  Op = "remove"
)

// Operation is one change of one attribute. A request's operation without a
// path is an Operation for each key of its value.
type Operation struct {
	Number int // of the operation in the request, from 1
	Op     Op
	Target filter.Target
	Value  any // as sent; nil: null, or a Remove without a value
}

// locate puts the number of the operation before the detail of a fault.
func locate(number int, err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return &fault.Error{Kind: f.Kind, Detail: fmt.Sprintf("operation %d: %s", number, f.Detail), Err: f.Err}
	}
	return fmt.Errorf("operation %d: %w", number, err)
}
