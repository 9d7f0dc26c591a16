// Package api is the contract of the hub's API beside SCIM: openapi.yaml, and
// what is generated from it, which are the types of its bodies, the interface of
// the server, and a client. The JSON Schemas of events are here too.
//
// It knows nothing of the hub that keeps the contract.
package api

import "embed"

// Contract is openapi.yaml.
//
//go:embed openapi.yaml
var Contract []byte

//go:embed events/*.schema.json
var schemas embed.FS

// EventSchema gives the JSON Schema (2020-12) of the payload of a type of
// events, such as "user.created". There is an error for what is no type.
func EventSchema(name string) ([]byte, error) {
	return schemas.ReadFile("events/" + name + ".schema.json")
}
