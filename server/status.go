package server

import (
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// answer is what HTTP and SCIM call a kind of fault.
type answer struct {
	status   int
	scimType scimerrors.ScimType // RFC 7644 §3.12, Table 9; "": none is defined
}

// answerTo maps a kind of fault to its answer. This is the only such map.
func answerTo(kind fault.Kind) answer {
	switch kind {
	case fault.InvalidSyntax:
		return answer{http.StatusBadRequest, scimerrors.ScimTypeInvalidSyntax}
	case fault.InvalidFilter:
		return answer{http.StatusBadRequest, scimerrors.ScimTypeInvalidFilter}
	case fault.InvalidPath:
		return answer{http.StatusBadRequest, scimerrors.ScimTypeInvalidPath}
	case fault.InvalidValue:
		return answer{http.StatusBadRequest, scimerrors.ScimTypeInvalidValue}
	case fault.NoTarget:
		return answer{http.StatusBadRequest, scimerrors.ScimTypeNoTarget}
	case fault.Mutability:
		return answer{http.StatusBadRequest, scimerrors.ScimTypeMutability}
	case fault.TooMany:
		return answer{http.StatusBadRequest, scimerrors.ScimTypeTooMany}
	case fault.InvalidVersion:
		return answer{http.StatusBadRequest, scimerrors.ScimTypeInvalidVersion}
	case fault.Uniqueness:
		return answer{http.StatusConflict, scimerrors.ScimTypeUniqueness}
	case fault.Sensitive:
		return answer{http.StatusForbidden, scimerrors.ScimTypeSensitive}
	case fault.Unauthenticated:
		return answer{status: http.StatusUnauthorized}
	case fault.Forbidden:
		return answer{status: http.StatusForbidden}
	case fault.NotFound:
		return answer{status: http.StatusNotFound}
	case fault.Gone:
		return answer{status: http.StatusGone}
	case fault.MethodNotAllowed:
		return answer{status: http.StatusMethodNotAllowed}
	case fault.NotAcceptable:
		return answer{status: http.StatusNotAcceptable}
	case fault.Conflict:
		return answer{status: http.StatusConflict}
	case fault.PreconditionFailed:
		return answer{status: http.StatusPreconditionFailed}
	case fault.TooLarge:
		return answer{status: http.StatusRequestEntityTooLarge}
	case fault.UnsupportedMediaType:
		return answer{status: http.StatusUnsupportedMediaType}
	case fault.TooManyRequests:
		return answer{status: http.StatusTooManyRequests}
	case fault.NotImplemented:
		return answer{status: http.StatusNotImplemented}
	case fault.Unavailable:
		return answer{status: http.StatusServiceUnavailable}
	case fault.Internal:
		return answer{status: http.StatusInternalServerError}
	}
	return answer{status: http.StatusInternalServerError}
}
