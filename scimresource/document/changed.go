package document

import "github.com/scimhub/scimhub/scimresource/schema"

// Changed gives the paths of the top-level attributes in which two canonical
// documents differ, in the order of the schema: core attributes by name, those
// of extensions as full paths. schemas, which follows from the others, is
// listed only if it is the sole difference.
func Changed(t *schema.ResourceType, before, after Object) []string {
	paths := changed(t.Root, before, after)
	if len(paths) == 0 && !Equal(before["schemas"], after["schemas"]) {
		return []string{"schemas"}
	}
	return paths
}

func changed(a *schema.Attr, before, after Object) []string {
	var paths []string
	for _, sub := range a.Subs {
		switch {
		case isSchemas(sub) || Equal(before[sub.Name], after[sub.Name]):
		case sub.Extension:
			old, _ := before[sub.Name].(Object)
			now, _ := after[sub.Name].(Object)
			paths = append(paths, changed(sub, old, now)...)
		default:
			paths = append(paths, sub.Path)
		}
	}
	return paths
}
