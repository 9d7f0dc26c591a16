package inbound

import (
	"slices"
	"time"
)

// Source is a directory vendor, or another system, that posts messages.
type Source struct {
	ID             string // "src_…"
	OrganizationID string // whose administrators manage it
	Slug           string // its address is /webhooks/<slug>; unique in the hub; "": the id alone
	Name           string
	Kind           Kind
	Active         bool // messages are accepted and applied

	Mappings    []Mapping
	Credentials Credentials
	Upstream    Upstream
	Attributes  []AttributeRule
	Linking     Linking

	// DeletesDeactivate makes a deletion at the vendor set active to false
	// instead of starting the offboarding: some vendors call both by one name.
	DeletesDeactivate bool

	Reconcile Reconciliation

	CreatedAt time.Time
	UpdatedAt time.Time
}

// Kind is a kind of source: whose messages it understands.
type Kind string

// The kinds of source.
const (
	KindScalekit Kind = "scalekit"
	KindFirstup  Kind = "firstup"
	KindWorkOS   Kind = "workos"
	KindOkta     Kind = "okta"
	KindPolis    Kind = "polis"
	KindStandard Kind = "standard" // Standard Webhooks with SCIM resources, or our own events
	KindSET      Kind = "scim-set" // RFC 9967 events, pushed per RFC 8935
)

// Kinds gives all kinds in a fixed order.
func Kinds() []Kind {
	return []Kind{KindScalekit, KindFirstup, KindWorkOS, KindOkta, KindPolis, KindStandard, KindSET}
}

// Mapping says into which directory messages go. Messages that no mapping fits
// are kept and reported, never guessed.
type Mapping struct {
	// Upstream is the vendor's id of the organization, or of the directory, that
	// a message names. "" fits messages that name none.
	Upstream       string `json:"upstream"`
	OrganizationID string `json:"organization_id"`
	DirectoryID    string `json:"directory_id"`
}

// Target gives the mapping of a message: that of its directory, else of its
// organization. ok is false when there is none.
func (s Source) Target(m Message) (Mapping, bool) {
	for _, upstream := range []string{m.Directory, m.Organization} {
		if upstream == "" && m.Organization+m.Directory != "" {
			continue
		}
		i := slices.IndexFunc(s.Mappings, func(t Mapping) bool { return t.Upstream == upstream })
		if i >= 0 {
			return s.Mappings[i], true
		}
	}
	return Mapping{}, false
}

// Credentials are what messages are verified by, and what the upstream is read
// with. They are sealed where they are stored, and never logged.
type Credentials struct {
	Secrets  []string `json:"secrets,omitempty"` // one, or two while they are rotated
	Upstream Login    `json:"upstream,omitzero"`
}

// Login is how the hub authenticates to an upstream. The first of its parts
// that is set counts.
type Login struct {
	// Authorization is sent verbatim as the header of that name.
	Authorization string `json:"authorization,omitempty"`
	// ClientID and ClientSecret are exchanged at TokenURL for an access token
	// (RFC 6749 §4.4).
	ClientID     string `json:"client_id,omitempty"`
	ClientSecret string `json:"client_secret,omitempty"`
	TokenURL     string `json:"token_url,omitempty"`
}

// Upstream is where a source can be read.
type Upstream struct {
	BaseURL string `json:"base_url,omitempty"` // "": it can't
	// JWKSURL is where the keys are that tokens of kind scim-set are signed with;
	// Issuer and Audience are what such tokens must name.
	JWKSURL  string `json:"jwks_url,omitempty"`
	Issuer   string `json:"issuer,omitempty"`
	Audience string `json:"audience,omitempty"`
	// PageSize is how many resources to ask for at a time; 0: 100.
	PageSize int `json:"page_size,omitempty"`
}

// AttributeRule takes an attribute of the vendor to one of SCIM.
type AttributeRule struct {
	From string `json:"from"` // dotted path in the vendor's record, as in "custom_attributes.cost_center"
	To   string `json:"to"`   // SCIM attribute path, as in "urn:…:enterprise:2.0:User:costCenter"
}

// Linking says when a user of the directory may be taken for one of the vendor
// whom the source has not brought yet. The zero Linking links nobody.
type Linking struct {
	UserName bool `json:"user_name"` // userName equals the vendor's
	// EmailDomains are domains that the vendor is trusted to speak for: a user
	// whose work or primary e-mail address is the vendor's and of one of them.
	EmailDomains []string `json:"email_domains,omitempty"`
}

// Reconciliation says how the directory is compared with the upstream.
type Reconciliation struct {
	Schedule string `json:"schedule,omitempty"` // cron expression, in UTC; "": on demand only
	// MaxRemovals is the share of the linked users and groups, from 0 to 1, that
	// a repair may remove without being told to; 0 is the default of 0.1.
	MaxRemovals float64 `json:"max_removals,omitempty"`
}
