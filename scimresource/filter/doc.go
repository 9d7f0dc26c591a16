// Package filter reads SCIM filters (RFC 7644 §3.4.2.2) and PATCH paths
// (§3.5.2). Text is parsed to the syntax tree of scim2/filter-parser, and the
// tree is bound to the attributes of a resource type as an Expr: what an engine
// has to understand. The package knows nothing of SQL or HTTP.
//
// # Parsing
//
// Parse, ParsePath and ParseAttrPath are a recursive-descent parser made for
// hostile input: no input is longer than 8 KiB, nests deeper than 32 levels of
// parentheses and brackets or holds more than 128 comparisons; it is valid
// UTF-8 and has no control characters but tabs between words. Anything else
// ends in a fault that tells the character, counted from 1.
//
// Beyond the grammar of the RFC the parser accepts what clients send:
//
//   - operators, keywords and the literals true, false and null in any case,
//     any run of spaces and tabs for a space, spaces inside parentheses and
//     none between "not" and "(";
//   - value filters of any length, with parentheses and "not" anywhere in them;
//   - a value path followed by a sub-attribute: emails[type eq "work"].value
//     eq "x" is emails[type eq "work" and value eq "x"];
//   - strings without quotes, where they can't be taken for anything else:
//     externalId eq jyoung.
//
// What an attribute path means is settled only when it is bound: the text
// alone doesn't tell an extension's URN from an attribute of a shorter URN.
//
// # Binding
//
// ParseExpr, ParseTarget and ParseSort look names up in the tree of a resource
// type, in any case. Where the RFC is silent or clients differ from it:
//
//   - attributes of the enterprise extension are found without its URN, unless
//     the resource has one of that name, and behind a URN a dot may stand for
//     the colon;
//   - a complex attribute is compared by its "value": manager eq "26118915";
//   - booleans, numbers and times may be written as strings, and numbers and
//     booleans without quotes where the attribute is a string;
//   - "eq null" is "not present"; "co", "sw" and "ew" with "" are "present";
//   - a comparison of a multi-valued attribute holds if it does for any element;
//     "ne" holds if any element differs, or there is none;
//   - an element without "primary" is not primary;
//   - what is never returned can't be filtered on or sorted by, for the answer
//     would tell what it is.
package filter
