package filter_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
)

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                                `filter, character 1: expected an attribute, "not" or "(", found the end`,
		`  `:                              `filter, character 3: expected an attribute, "not" or "(", found the end`,
		`userName`:                        `filter, character 9: expected one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr, found the end`,
		`userName like "x"`:               `filter, character 10: expected one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr, found "like"`,
		`userName "x"`:                    `filter, character 10: expected one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr, found the string "x"`,
		`userName eq`:                     `filter, character 12: expected a value, strings being in double quotes, found the end`,
		`userName eq "x`:                  `filter, character 13: expected a value, strings being in double quotes, found a string without its closing quote`,
		`userName eq "x\"`:                `filter, character 13: expected a value, strings being in double quotes, found a string without its closing quote`,
		`userName eq(a pr)`:               `filter, character 12: expected a value, strings being in double quotes, found "("`,
		`userName eq"x"`:                  `filter, character 12: expected a space before the value, found the string "x"`,
		`userName eq eq`:                  `filter, character 13: expected a value, strings being in double quotes, found "eq"`,
		`title eq and active pr`:          `filter, character 10: expected a value, strings being in double quotes, found "and"`,
		`title eq OR`:                     `filter, character 10: expected a value, strings being in double quotes, found "OR"`,
		`title eq Not (a pr)`:             `filter, character 10: expected a value, strings being in double quotes, found "Not"`,
		`title eq name pr`:                `filter, character 15: expected "and", "or" or the end, found "pr"`,
		`title eq emails[a pr]`:           `filter, character 16: expected "and", "or" or the end, found "["`,
		`title eq x"y"`:                   `filter, character 11: expected "and", "or" or the end, found the string "y"`,
		`title eq John Doe`:               `filter, character 15: expected "and", "or" or the end, found "Doe"`,
		`title eq "x" y`:                  `filter, character 14: expected "and", "or" or the end, found "y"`,
		`title pr "x"`:                    `filter, character 10: expected "and", "or" or the end, found the string "x"`,
		`a pr and`:                        `filter, character 9: expected an attribute, "not" or "(", found the end`,
		`a pr and or b pr`:                `filter, character 13: expected one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr, found "b"`,
		`a pr and(b pr)`:                  `filter, character 9: expected a space after the operator, found "("`,
		`(a pr)or b pr`:                   `filter, character 7: expected a space before the operator, found "or"`,
		`a eq "x"and b pr`:                `filter, character 9: expected a space before the operator, found "and"`,
		`a pr b pr`:                       `filter, character 6: expected "and", "or" or the end, found "b"`,
		`(a pr`:                           `filter, character 6: expected "and", "or" or ")", found the end`,
		`(a pr]`:                          `filter, character 6: expected "and", "or" or ")", found "]"`,
		`a pr)`:                           `filter, character 5: expected "and", "or" or the end, found ")"`,
		`()`:                              `filter, character 2: expected an attribute, "not" or "(", found ")"`,
		`not a pr`:                        `filter, character 5: expected "(" after "not", found "a"`,
		`not`:                             `filter, character 4: expected "(" after "not", found the end`,
		`"a" eq "x"`:                      `filter, character 1: expected an attribute, "not" or "(", found the string "a"`,
		`9a pr`:                           `filter, character 1: expected an attribute such as userName or name.familyName, found "9a"`,
		`name. pr`:                        `filter, character 1: expected an attribute such as userName or name.familyName, found "name."`,
		`.name pr`:                        `filter, character 1: expected an attribute such as userName or name.familyName, found ".name"`,
		`a.b.c pr`:                        `filter, character 1: expected an attribute such as userName or name.familyName, found "a.b.c"`,
		`$ pr`:                            `filter, character 1: expected an attribute such as userName or name.familyName, found "$"`,
		`naïve pr`:                        `filter, character 1: expected an attribute such as userName or name.familyName, found "naïve"`,
		`:a pr`:                           `filter, character 1: expected an attribute such as userName or name.familyName, found ":a"`,
		`urn:x: pr`:                       `filter, character 1: expected an attribute such as userName or name.familyName, found "urn:x:"`,
		`urn:x\y:a pr`:                    `filter, character 1: expected an attribute such as userName or name.familyName, found "urn:x\y:a"`,
		`1=1;drop/*`:                      `filter, character 1: expected an attribute such as userName or name.familyName, found "1=1;drop/*"`,
		`emails [a pr]`:                   `filter, character 8: expected one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr, found "["`,
		`emails[a pr`:                     `filter, character 12: expected "and", "or" or "]", found the end`,
		`emails[]`:                        `filter, character 8: expected an attribute, "not" or "(", found "]"`,
		`emails[a pr].`:                   `filter, character 13: expected "." and the name of a sub-attribute, found "."`,
		`emails[a pr].9 pr`:               `filter, character 13: expected "." and the name of a sub-attribute, found ".9"`,
		`emails[a pr].value`:              `filter, character 19: expected one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr, found the end`,
		`emails[a pr].value[b pr]`:        `filter, character 19: expected one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr, found "["`,
		`emails[a pr] .value pr`:          `filter, character 14: expected "and", "or" or the end, found ".value"`,
		`emails[a pr] eq "x"`:             `filter, character 14: expected "and", "or" or the end, found "eq"`,
		`emails[a[b pr]]`:                 `filter, character 9: a value filter can't hold another one`,
		`a eq "\x"`:                       `filter, character 6: the string "\x" is malformed JSON: look at its backslashes and tabs`,
		`a eq "\u00g0"`:                   `filter, character 6: the string "\u00g0" is malformed JSON: look at its backslashes and tabs`,
		`a eq "\ud83d"`:                   `filter, character 6: the string "\ud83d" is malformed JSON: look at its backslashes and tabs`,
		`a eq "\ude00\ud83d"`:             `filter, character 6: the string "\ude00\ud83d" is malformed JSON: look at its backslashes and tabs`,
		"a eq \"x\ty\"":                   "filter, character 6: the string \"x\ty\" is malformed JSON: look at its backslashes and tabs",
		`a eq "x\u0000"`:                  `filter, character 6: the string "x\u0000" holds the character U+0000, which is not accepted`,
		"a eq \"\x00\"":                   `filter, character 7: the control character U+0000 is not accepted`,
		"a pr\nand b pr":                  `filter, character 5: the control character U+000A is not accepted`,
		"a eq \"é\u0085\"":                `filter, character 8: the control character U+0085 is not accepted`,
		"a eq \"é\xff\"":                  `filter, character 8: the text is not valid UTF-8`,
		`é eq ` + strings.Repeat("é", 9):  `filter, character 1: expected an attribute such as userName or name.familyName, found "é"`,
		`a pr ` + strings.Repeat("é", 99): `filter, character 6: expected "and", "or" or the end, found "` + strings.Repeat("é", 24) + `…"`,
	} {
		_, err := filter.Parse(text)
		checkFault(t, text, err, fault.InvalidFilter, want)
	}
}

func TestParsePathErrors(t *testing.T) {
	type want struct {
		kind   fault.Kind
		detail string
	}
	for text, want := range map[string]want{
		``:                              {fault.InvalidPath, `path, character 1: expected an attribute, found the end`},
		`"members"`:                     {fault.InvalidPath, `path, character 1: expected an attribute, found the string "members"`},
		`[value eq "x"]`:                {fault.InvalidPath, `path, character 1: expected an attribute, found "["`},
		`name..x`:                       {fault.InvalidPath, `path, character 1: expected an attribute such as userName or name.familyName, found "name..x"`},
		`/name/x`:                       {fault.InvalidPath, `path, character 1: expected an attribute such as userName or name.familyName, found "/name/x"`},
		`name x`:                        {fault.InvalidPath, `path, character 6: expected the end, found "x"`},
		`a pr`:                          {fault.InvalidPath, `path, character 3: expected the end, found "pr"`},
		`members [value eq "x"]`:        {fault.InvalidPath, `path, character 9: expected the end, found "["`},
		`members[value eq "x"] .value`:  {fault.InvalidPath, `path, character 23: expected the end, found ".value"`},
		`members[value eq "x"].a.b`:     {fault.InvalidPath, `path, character 22: expected "." and the name of a sub-attribute, found ".a.b"`},
		`members[value eq "x"]x`:        {fault.InvalidPath, `path, character 22: expected the end, found "x"`},
		`members[value eq "x"].y[a pr]`: {fault.InvalidPath, `path, character 24: expected the end, found "["`},
		`members[value eq "x"]]`:        {fault.InvalidPath, `path, character 22: expected the end, found "]"`},
		"members\x00":                   {fault.InvalidPath, `path, character 8: the control character U+0000 is not accepted`},
		// A path that breaks off within its value filter is no path.
		`members[`:             {fault.InvalidPath, `path, character 9: expected an attribute, "not" or "(", found the end`},
		`members[value eq`:     {fault.InvalidPath, `path, character 17: expected a value, strings being in double quotes, found the end`},
		`members[value eq "x"`: {fault.InvalidPath, `path, character 21: expected "and", "or" or "]", found the end`},
		// A whole one with a bad value filter is at fault as a filter.
		`members[]`:               {fault.InvalidFilter, `path, character 9: expected an attribute, "not" or "(", found "]"`},
		`members[0]`:              {fault.InvalidFilter, `path, character 9: expected an attribute such as userName or name.familyName, found "0"`},
		`members[value like "x"]`: {fault.InvalidFilter, `path, character 15: expected one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr, found "like"`},
		`members[value eq "\x"]`:  {fault.InvalidFilter, `path, character 18: the string "\x" is malformed JSON: look at its backslashes and tabs`},
		`members[a[b pr]]`:        {fault.InvalidFilter, `path, character 10: a value filter can't hold another one`},
	} {
		_, err := filter.ParsePath(text)
		checkFault(t, text, err, want.kind, want.detail)
	}
}

func TestParseAttrPathErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:               `path, character 1: expected an attribute, found the end`,
		`userName,title`: `path, character 1: expected an attribute such as userName or name.familyName, found "userName,title"`,
		`userName title`: `path, character 10: expected the end, found "title"`,
		`emails[a pr]`:   `path, character 7: expected the end, found "["`,
	} {
		_, err := filter.ParseAttrPath(text)
		checkFault(t, text, err, fault.InvalidPath, want)
	}
}

func checkFault(t *testing.T, text string, err error, kind fault.Kind, detail string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Errorf("%q: error %v, want a fault", text, err)
		return
	}
	if f.Kind != kind || f.Detail != detail {
		t.Errorf("%q:\n got kind %d, %s\nwant kind %d, %s", text, f.Kind, f.Detail, kind, detail)
	}
}

func TestLimits(t *testing.T) {
	repeat := strings.Repeat
	terms := func(n int) string { return "a pr" + repeat(" or a pr", n-1) }
	levels := func(open string, n int) string { return repeat(open, n) + "a pr" + repeat(")", n) }
	longest := `a eq "` + repeat("x", 8<<10-7) + `"`
	tooDeep := "more than 32 levels of parentheses and brackets are not accepted"
	for name, tc := range map[string]struct{ text, want string }{
		"longest":                 {longest, ""},
		"one byte more":           {longest + " ", "filter, character 8193: at most 8192 bytes are accepted, not 8193"},
		"most terms":              {terms(128), ""},
		"one term more":           {terms(129), "filter, character 1027: more than 128 comparisons are not accepted"},
		"terms of value filters":  {"b[" + terms(100) + "] and c[" + terms(29) + "]", "filter, character 1033: more than 128 comparisons are not accepted"},
		"deepest parentheses":     {levels("(", 32), ""},
		"one parenthesis more":    {levels("(", 33), "filter, character 33: " + tooDeep},
		"deepest not":             {levels("not (", 32), ""},
		"one not more":            {levels("not (", 33), "filter, character 165: " + tooDeep},
		"deepest value filter":    {repeat("(", 31) + "b[a pr]" + repeat(")", 31), ""},
		"one value filter deeper": {repeat("(", 32) + "b[a pr]" + repeat(")", 32), "filter, character 34: " + tooDeep},
		"side by side":            {repeat("(a pr) or ", 100) + "a pr", ""},
		"8,000 parentheses":       {repeat("(", 8000), "filter, character 33: " + tooDeep},
		"1,600 not":               {repeat("not (", 1600), "filter, character 165: " + tooDeep},
		"4,000 brackets":          {repeat("a[", 4000), "filter, character 4: a value filter can't hold another one"},
		"100,000 parentheses":     {repeat("(", 100_000), "filter, character 8193: at most 8192 bytes are accepted, not 100000"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := filter.Parse(tc.text)
			if tc.want != "" {
				checkFault(t, name, err, fault.InvalidFilter, tc.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPathLimits(t *testing.T) {
	repeat := strings.Repeat
	_, err := filter.ParsePath("a[" + repeat("(", 32))
	checkFault(t, "32 parentheses in brackets", err, fault.InvalidFilter, "path, character 34: more than 32 levels of parentheses and brackets are not accepted")
	_, err = filter.ParsePath(repeat("a[", 50_000))
	checkFault(t, "50,000 brackets", err, fault.InvalidPath, "path, character 8193: at most 8192 bytes are accepted, not 100000")
	_, err = filter.ParseAttrPath(repeat("a", 8<<10+1))
	checkFault(t, "8 KiB and a byte", err, fault.InvalidPath, "path, character 8193: at most 8192 bytes are accepted, not 8193")
}
