package document

import (
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// CheckImmutable compares two canonical documents of a resource. An immutable
// attribute that had a value and now has another, or none, is a fault of kind
// Mutability (RFC 7644 §3.5.1). Elements of multi-valued attributes may come
// and go, so what is immutable within them is not checked; nor are members,
// which stand in no document.
func CheckImmutable(t *schema.ResourceType, before, after Object) error {
	return checkImmutable(t.Root, before, after)
}

func checkImmutable(a *schema.Attr, before, after Object) error {
	for _, sub := range a.Subs {
		old, ok := before[sub.Name]
		if !ok {
			continue
		}
		if sub.Mutability == schema.Immutable && !Equal(old, after[sub.Name]) {
			return fault.New(fault.Mutability, "%s is immutable: it has a value, which can't be changed", sub.Path)
		}
		if old, ok := old.(Object); ok {
			now, _ := after[sub.Name].(Object)
			if err := checkImmutable(sub, old, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// KeepOnReplace adds to after, the normalised body of a PUT, what a client that
// leaves it out does not mean to clear: active, since a default of true would
// let a leaver in again; attributes that it was not shown (write-only ones and
// those returned never or on request only, foreign ones); and immutable ones,
// which it can't clear. after is changed in place.
func KeepOnReplace(t *schema.ResourceType, before, after Object) {
	keepOnReplace(t.Root, before, after)
	for _, uri := range unresolved(t.Root, before) {
		after[uri] = cloneValue(before[uri])
	}
}

func keepOnReplace(a *schema.Attr, before, after Object) {
	for _, sub := range a.Subs {
		old, ok := before[sub.Name]
		if !ok {
			continue
		}
		now, sent := after[sub.Name]
		switch {
		case !sent && isKept(sub):
			after[sub.Name] = cloneValue(old)
		case sub.Type == schema.Complex && !sub.Multi:
			keepWithin(sub, old, now, after)
		}
	}
}

func isKept(a *schema.Attr) bool {
	return a.Path == "active" || a.Mutability == schema.WriteOnly || a.Mutability == schema.Immutable ||
		a.Returned == schema.ReturnedNever || a.Returned == schema.ReturnedRequest
}

// keepWithin is keepOnReplace for what is in a complex attribute.
func keepWithin(a *schema.Attr, old, now any, after Object) {
	before, _ := old.(Object)
	inner, sent := now.(Object)
	if !sent {
		inner = Object{}
	}
	keepOnReplace(a, before, inner)
	if len(inner) > 0 {
		after[a.Name] = inner
	}
}
