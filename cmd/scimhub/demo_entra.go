package main

import "fmt"

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// playEntra does what Microsoft Entra's provisioning service does by default:
// capitalised operations, booleans as strings, one operation an attribute,
// members removed by a list of values.
func playEntra(p *player) {
	p.print.chapter("Microsoft Entra ID, today's default dialect")
	p.entraProbe("")
	boss := p.entraCreate("mona.lindt@contoso.example", "5f3c0b1e-0d3e-4a57-9b0a-1d2b7a3c4e01", "")
	emil := p.entraCreate("emil.roth@contoso.example", "5f3c0b1e-0d3e-4a57-9b0a-1d2b7a3c4e02", "")
	p.play(exchange{
		why: "Entra updates attribute by attribute; he has no phone yet", method: "PATCH", path: "/Users/" + emil,
		body: `{` + patchOp + `,"Operations":[
			{"op":"Replace","path":"displayName","value":"Emil R."},
			{"op":"Replace","path":"emails[type eq \"work\"].value","value":"emil@contoso.example"},
			{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+49 30 901820"},
			{"op":"Replace","path":"` + enterprise + `:department","value":"Finance"},
			{"op":"Add","path":"manager","value":[{"$ref":"https://contoso.example/Users/` + boss + `","value":"` + boss + `"}]}]}`,
		needs: []need{
			status(200, 204), value("displayName", "Emil R."), value("emails.0.value", "emil@contoso.example"),
			value("phoneNumbers.0.value", "+49 30 901820"), value("phoneNumbers.0.type", "mobile"),
		},
		tells: []string{"user.updated"},
	})
	p.play(exchange{
		why: "Is she his manager? Entra asks with a filter", method: "GET",
		path:  filterQuery("/Users", fmt.Sprintf(`id eq "%s" and manager eq "%s"`, emil, boss), "&attributes=id"),
		needs: []need{status(200), listOf(1), value("Resources.0.id", emil), absent("Resources.0.userName")},
	})
	p.entraGroup("", boss,
		`{`+patchOp+`,"Operations":[{"op":"Add","path":"members","value":[{"$ref":null,"value":"`+emil+`"},{"$ref":null,"value":"`+boss+`"}]}]}`,
		`{`+patchOp+`,"Operations":[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"`+emil+`"}]}]}`)
	p.entraLeave("", emil, `{`+patchOp+`,"Operations":[{"op":"Replace","path":"active","value":"False"}]}`)
}

// playEntraFlag does what the service does with the flag aadOptscim062020 in
// its tenant URL: lower-case operations, real booleans, several attributes in
// one operation without a path, members removed by a path.
func playEntraFlag(p *player) {
	p.print.chapter("Microsoft Entra ID with the flag aadOptscim062020")
	const flag = "aadOptscim062020"
	p.entraProbe("&" + flag)
	lena := p.entraCreate("lena.fuchs@contoso.example", "5f3c0b1e-0d3e-4a57-9b0a-1d2b7a3c4e03", "?"+flag)
	p.play(exchange{
		why: "Attributes as paths in one value, the enterprise ones with their URN", method: "PATCH", path: "/Users/" + lena + "?" + flag,
		body: `{` + patchOp + `,"Operations":[
			{"op":"replace","path":"emails[type eq \"work\"].value","value":"lena@contoso.example"},
			{"op":"replace","value":{"displayName":"Lena F.","name.givenName":"Lena","name.familyName":"Fuchs","` + enterprise + `:employeeNumber":"4711"}}]}`,
		needs: []need{
			status(200, 204), value("displayName", "Lena F."), value("name.familyName", "Fuchs"), value("emails.0.value", "lena@contoso.example"),
		},
		tells: []string{"user.updated"},
	})
	p.entraGroup("?"+flag, "",
		`{`+patchOp+`,"Operations":[{"op":"add","path":"members","value":[{"value":"`+lena+`"}]}]}`,
		`{`+patchOp+`,"Operations":[{"op":"remove","path":"members[value eq \"`+lena+`\"]"}]}`)
	p.entraLeave("?"+flag, lena, `{`+patchOp+`,"Operations":[{"op":"replace","path":"active","value":false}]}`)
}

// entraProbe tests the connection as Entra does again and again.
func (p *player) entraProbe(flag string) {
	p.play(exchange{
		why: "Entra probes with a random id: the list must be there, and empty", method: "GET",
		path:  filterQuery("/Users", `userName eq "8e7f5ad0-0ad2-4f28-9e68-2e0b7d7c1f9a"`, flag),
		needs: []need{status(200), scimJSON, listOf(0)},
	})
	p.play(exchange{
		why: "The same for groups, without their members", method: "GET",
		path:  filterQuery("/Groups", `displayName eq "0ad24f28"`, "&excludedAttributes=members"+flag),
		needs: []need{status(200), scimJSON, listOf(0)},
	})
}

// entraCreate looks a user up by its matching attribute and creates it.
func (p *player) entraCreate(userName, externalID, query string) string {
	p.play(exchange{
		why: "Entra looks for " + userName, method: "GET", path: filterQuery("/Users", `externalId eq "`+externalID+`"`, ""),
		needs: []need{status(200), listOf(0)},
	})
	created := p.play(exchange{
		why: "Entra creates the user, with null for what it doesn't know", method: "POST", path: "/Users" + query,
		body: fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",%q],"externalId":%q,"userName":%q,"active":true,
			"emails":[{"primary":true,"type":"work","value":%q}],"meta":{"resourceType":"User"},"addresses":null,"title":null,"roles":[]}`,
			enterprise, externalID, userName, userName),
		needs: []need{
			status(201), scimJSON, located, present("id"), value("externalId", externalID), value("userName", userName), value("active", true),
		},
		tells: []string{"user.created"},
	})
	return created.id()
}

// entraGroup creates a group, adds and removes a member with the given bodies,
// and checks that the others stayed.
func (p *player) entraGroup(query, stays, add, remove string) {
	group := p.play(exchange{
		why: "Entra creates a group, with a schema of its own among the others", method: "POST", path: "/Groups" + query,
		body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
			"externalId":"8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159","displayName":"Finance","meta":{"resourceType":"Group"}}`,
		needs: []need{status(201), scimJSON, located, present("id")},
		tells: []string{"group.created"},
	}).id()
	p.play(exchange{why: "Entra adds members", method: "PATCH", path: "/Groups/" + group + query, body: add, needs: []need{status(204)}, tells: []string{"group.membership_updated"}})
	p.play(exchange{why: "Entra removes one member", method: "PATCH", path: "/Groups/" + group + query, body: remove, needs: []need{status(204)}, tells: []string{"group.membership_updated"}})
	check := exchange{
		why: "Only that one is gone", method: "GET", path: "/Groups/" + group,
		needs: []need{status(200), absent("members.1")},
	}
	if stays == "" {
		check.needs = append(check.needs, absent("members.0"))
	} else {
		check.needs = append(check.needs, value("members.0.value", stays))
	}
	p.play(check)
	p.play(exchange{
		why: "Entra reads groups without their members", method: "GET", path: "/Groups/" + group + "?excludedAttributes=members",
		needs: []need{status(200), absent("members")},
	})
	p.play(exchange{why: "The group goes out of scope", method: "DELETE", path: "/Groups/" + group, needs: []need{status(204)}, tells: []string{"group.deleted"}})
}

// entraLeave disables a user, deletes it thirty days later, and checks that it
// is gone and its name free.
func (p *player) entraLeave(query, id, disable string) {
	p.play(exchange{
		why: "The account is disabled in Entra", method: "PATCH", path: "/Users/" + id + query, body: disable,
		needs: []need{status(200, 204), value("active", false)},
		tells: []string{"user.deactivated"},
	})
	p.play(exchange{
		why: "A disabled user is still there", method: "GET", path: "/Users/" + id,
		needs: []need{status(200), value("active", false)},
	})
	p.play(exchange{why: "Thirty days later Entra deletes", method: "DELETE", path: "/Users/" + id, needs: []need{status(204)}, tells: []string{"user.offboarding_started", "user.offboarded"}})
	p.play(exchange{why: "And asks once more", method: "DELETE", path: "/Users/" + id, needs: []need{scimError(404)}})
}
