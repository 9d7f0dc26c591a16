package admin

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/webhooks"
)

// draft gives the settings that a body makes of others: what it leaves out
// stays, and null is the default.
func draft(body object, base webhooks.Settings) webhooks.Draft {
	d := webhooks.Draft{Settings: base}
	d.Problems = fill(&d.Settings, body, settingMembers())
	return d
}

func settingMembers() []member[webhooks.Settings] {
	type settings = webhooks.Settings
	none := webhooks.DefaultSettings()
	return []member[settings]{
		field("name", "a string", func(s *settings) *string { return &s.Name }, none.Name),
		field("url", "a string", func(s *settings) *string { return &s.URL }, none.URL),
		field("active", "true or false", func(s *settings) *bool { return &s.Active }, none.Active),
		{"events", readSelectors},
		field("authorization_header", "a string or null", func(s *settings) *string { return &s.AuthorizationHeader }, ""),
		field("format", "a string", func(s *settings) *webhooks.Format { return &s.Format }, none.Format),
		field("ordering", "a string", func(s *settings) *webhooks.Ordering { return &s.Ordering }, none.Ordering),
		field("on_exhausted", "a string", func(s *settings) *webhooks.OnExhausted { return &s.OnExhausted }, none.OnExhausted),
		field("signature", "a string", func(s *settings) *webhooks.Signature { return &s.Signature }, none.Signature),
		{"rate_limit", readRateLimit},
	}
}

// readRateLimit reads a limit. There is none below one; null is no limit.
func readRateLimit(s *webhooks.Settings, value jsontext.Value) string {
	var limit *int
	if err := json.Unmarshal(value, &limit); err != nil || limit != nil && *limit < 1 {
		return "rate_limit must be an integer of at least 1, or null"
	}
	s.RateLimit = 0
	if limit != nil {
		s.RateLimit = *limit
	}
	return ""
}

// readSelectors reads a list of selectors, of which each may leave out its
// version. It tells of the first that can't be read.
func readSelectors(s *webhooks.Settings, value jsontext.Value) string {
	var list []object
	if err := json.Unmarshal(value, &list); err != nil {
		return `events must be a list such as [{"name":"user.updated","version":"1"}]`
	}
	type selector = webhooks.Selector
	members := []member[selector]{
		field("name", "a string", func(s *selector) *string { return &s.Name }, ""),
		field("version", "a string", func(s *selector) *string { return &s.Version }, event.Version),
	}
	s.Events = make([]selector, len(list))
	for i, body := range list {
		s.Events[i].Version = event.Version
		if problems := fill(&s.Events[i], body, members); len(problems) > 0 {
			return fmt.Sprintf("events[%d]: %s", i, problems[0].Detail)
		}
	}
	return ""
}
