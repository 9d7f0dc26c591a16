package api

// The tool is pinned apart from the module: see .tools/go.mod.
//
//go:generate go tool -modfile=../.tools/go.mod oapi-codegen -config oapi-codegen.types.yaml openapi.yaml
//go:generate go tool -modfile=../.tools/go.mod oapi-codegen -config oapi-codegen.server.yaml openapi.yaml
//go:generate go tool -modfile=../.tools/go.mod oapi-codegen -config oapi-codegen.client.yaml openapi.yaml
