package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// snapshot is the directory as an application reads it: by "user <id>" or
// "group <id>", each attribute path with its value.
type snapshot map[string]map[string]string

// showChanges reads the directory and prints how it differs from before.
func (p *player) showChanges() {
	now, err := p.read()
	if err != nil {
		p.fail(err)
		return
	}
	p.print.changes(diff(p.seen, now))
	p.seen = now
}

// read reads all users and groups, as an application does.
func (p *player) read() (snapshot, error) {
	s := snapshot{}
	for kind, endpoint := range map[string]string{"user": "/Users", "group": "/Groups"} {
		a, err := p.send(exchange{method: "GET", path: endpoint + "?count=100"})
		if err != nil {
			return nil, err
		}
		resources, _ := a.at("Resources").([]any)
		for _, r := range resources {
			obj, _ := r.(map[string]any)
			flat := map[string]string{}
			flatten(flat, "", obj)
			s[fmt.Sprintf("%s %v", kind, obj["id"])] = flat
		}
	}
	return s, nil
}

// flatten writes every simple value below v into flat under its path. What
// follows from other changes is left out.
func flatten(flat map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, sub := range v {
			if !slices.Contains([]string{"id", "meta", "schemas", "$ref"}, name) {
				flatten(flat, strings.TrimPrefix(path+"."+name, "."), sub)
			}
		}
	case []any:
		for _, element := range v {
			flatten(flat, path+elementName(element), element)
		}
	default:
		text, _ := json.Marshal(v) // of a value that was decoded from JSON
		flat[path] = string(text)
	}
}

// elementName tells the elements of an array apart by what they are, not by
// where they stand.
func elementName(element any) string {
	obj, ok := element.(map[string]any)
	if !ok {
		return fmt.Sprintf("[%v]", element)
	}
	for _, name := range []string{"display", "type", "value"} {
		if v, ok := obj[name].(string); ok {
			return "[" + v + "]"
		}
	}
	return "[]"
}

// diff says in lines what changed, "+" what is new, "-" what is gone, "~" what
// is different.
func diff(before, after snapshot) []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(after)) {
		old, existed := before[key]
		if !existed {
			lines = append(lines, "+ "+label(key, after[key]))
			continue
		}
		for _, line := range diffAttributes(old, after[key]) {
			lines = append(lines, "~ "+label(key, after[key])+": "+line)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, still := after[key]; !still {
			lines = append(lines, "- "+label(key, before[key]))
		}
	}
	return lines
}

func diffAttributes(before, after map[string]string) []string {
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(after)) {
		switch old, existed := before[path]; {
		case !existed:
			lines = append(lines, fmt.Sprintf("%s is set to %s", path, after[path]))
		case old != after[path]:
			lines = append(lines, fmt.Sprintf("%s %s → %s", path, old, after[path]))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, still := after[path]; !still {
			lines = append(lines, path+" is removed")
		}
	}
	return lines
}

// label names a resource for a reader.
func label(key string, attrs map[string]string) string {
	kind, _, _ := strings.Cut(key, " ")
	for _, name := range []string{"userName", "displayName"} {
		if v, ok := attrs[name]; ok {
			return kind + " " + strings.Trim(v, `"`)
		}
	}
	return key
}
