// Package eventtest checks in tests that events are what the catalog says they
// are. It knows nothing of what made them.
package eventtest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scimhub/scimhub/api"
)

// Checker checks payloads. It keeps schemas, which take longer to compile than
// to use.
type Checker map[string]*jsonschema.Schema

// Check checks the payload of an event against the schema of its type.
func (c Checker) Check(t testing.TB, payload []byte) {
	t.Helper()
	var head struct{ Type string }
	err := json.Unmarshal(payload, &head)
	if err == nil {
		err = c.check(head.Type, payload)
	}
	if err != nil {
		t.Errorf("event %s: %v", payload, err)
	}
}

func (c Checker) check(eventType string, payload []byte) error {
	if c[eventType] == nil {
		schema, err := compile(eventType)
		if err != nil {
			return err
		}
		c[eventType] = schema
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
	if err != nil {
		return err
	}
	return c[eventType].Validate(value)
}

func compile(eventType string) (*jsonschema.Schema, error) {
	data, err := api.EventSchema(eventType)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", doc); err != nil {
		return nil, err
	}
	return compiler.Compile("schema.json")
}
