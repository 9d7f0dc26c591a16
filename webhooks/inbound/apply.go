package inbound

// EffectKind is what applying a change did to the directory.
type EffectKind string

// The kinds of effect.
const (
	EffectNone    EffectKind = "none"
	EffectCreated EffectKind = "created"
	EffectUpdated EffectKind = "updated"
	EffectRemoved EffectKind = "removed"
)

// Effect is what came of a change.
type Effect struct {
	Status     Status // Applied, Superseded, Ignored or Conflict
	Kind       EffectKind
	ResourceID string
	Changed    []string // paths of the attributes that differ, "members" among them
	Detail     string   // for people, where Status is not Applied
}
